"""A share counted piece by piece."""


class Share:
    """A part of a whole, both counted piece by piece."""

    def __init__(self) -> None:
        self.part = self.whole = 0.0

    def add(self, part: float, whole: float) -> None:
        """Count a piece."""
        self.part += part
        self.whole += whole

    @property
    def value(self) -> float:
        """The share, 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0
