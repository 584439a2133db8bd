"""One dial: how much to read decides the learning rate, the extension and the replay.

The rules are rules of thumb, stated here and in the how-to; each can be overridden by its key.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from glotlift.adaptation.config import AdaptConfig, parse_budget
from glotlift.runs.errors import GlotliftError

PASSES = (
    4  # over the target text, when the dial is not set: beyond about four, repetition pays little
)
MINIMUM_BYTES = 20_000  # less text is refused
COMFORTABLE_BYTES = 500_000  # less text is warned about
BYTES_PER_PIECE = 400  # of target text for each new piece, so that a piece is met often enough


@dataclass(frozen=True)
class Dial:
    """What the dial decided."""

    budget_bytes: int
    replay_share: float
    passes: float
    pieces: int
    learning_rate: float
    block: int

    def as_json(self) -> dict[str, Any]:
        """Return the decisions for a file."""
        return asdict(self)


def turn_dial(
    config: AdaptConfig,
    *,
    target_bytes: int,
    parameters: int,
    vocabulary: int,
    longest_input: int,
    bytes_per_second: float | None,
) -> Dial:
    """Decide budget, replay, extension and learning rate.

    `target_bytes` are those of the training split, `parameters` and `vocabulary` the model's.
    `bytes_per_second` is needed for a budget in time. More than `PASSES` passes are only made when
    asked for: repeating text beyond about four times pays little (Muennighoff et al. 2023,
    arXiv:2305.16264, section 6). Raises GL-ADAPT-004 for too little text and GL-ADAPT-008 for
    blocks that are longer than the model reads.
    """
    if target_bytes < MINIMUM_BYTES:
        raise GlotliftError(
            "GL-ADAPT-004",
            f"only {target_bytes:,} bytes of {config.language} text to train on",
            place="text",
            fix=f"give at least {MINIMUM_BYTES:,}",
        )
    block = config.training.block
    if block != "auto" and block > longest_input:
        raise GlotliftError(
            "GL-ADAPT-008",
            f"blocks of {block} tokens, but the model reads {longest_input}",
            place="training.block",
            fix=f"set it to at most {longest_input}, or to auto",
        )
    share = config.replay if config.replay != "auto" else 0.0
    budget = budget_bytes(config, target_bytes, bytes_per_second, share)
    if config.replay == "auto":
        passes = budget / target_bytes
        share = min(0.4, 0.2 + 0.05 * math.log2(max(1.0, passes))) if config.keep else 0.0
        budget = budget_bytes(config, target_bytes, bytes_per_second, share)
    pieces = config.extension.pieces
    if pieces == "auto":
        pieces = min(vocabulary // 2, target_bytes // BYTES_PER_PIECE)
    rate = config.training.learning_rate
    if rate == "auto":
        rate = min(2e-3, max(1e-5, 1e-3 * (3e6 / parameters) ** 0.6))
    return Dial(
        budget_bytes=budget,
        replay_share=round(share, 4),
        passes=round(budget * (1 - share) / target_bytes, 3),
        pieces=int(pieces),
        learning_rate=float(f"{rate:.3g}"),
        block=min(512, longest_input) if block == "auto" else int(block),
    )


def budget_bytes(
    config: AdaptConfig, target_bytes: int, bytes_per_second: float | None, share: float
) -> int:
    """Return the bytes to read in all, replay included."""
    if config.budget == "auto":
        return round(PASSES * target_bytes / (1 - share))
    amount, unit = parse_budget(config.budget)
    if unit == "bytes":
        return round(amount)
    if bytes_per_second is None:
        raise ValueError("a budget in time needs a measured speed")
    return max(1, round(amount * bytes_per_second))
