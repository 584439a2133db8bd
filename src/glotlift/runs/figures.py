"""Figures as people read them: signs explicit, units named, nothing measured shown as nothing."""

import math
from collections.abc import Mapping
from typing import Any

UNMEASURED = "–"
MINUS = "−"
SIZES = ("bytes", "kB", "MB", "GB", "TB")


def number(value: Any) -> float | None:
    """Return `value` as a finite float, or None when it is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def decimals(size: float | None) -> int:
    """Return how many decimals (2 to 5) are needed to show the first digit of `size`."""
    if not size:
        return 2
    return min(5, max(2, -math.floor(math.log10(abs(size)))))


def plain(value: Any, places: int | None = None) -> str:
    """Write a measured number, such as ``3.21``; text that stands in its place is kept.

    Without `places`, whole numbers and those from a thousand on are written without decimals.
    """
    found = number(value)
    if found is None:
        return value if isinstance(value, str) else UNMEASURED
    if places is None and (found.is_integer() or abs(found) >= 1000):
        return count(value)
    text = f"{found:z,.{decimals(found) if places is None else places}f}"
    return text.replace("-", MINUS)


def signed(value: Any, places: int | None = None) -> str:
    """Write a difference with its sign: ``+0.02``, ``−1.76`` or, with nothing left, ``0.00``."""
    found = number(value)
    if found is None:
        return UNMEASURED
    text = plain(abs(found), decimals(found) if places is None else places)
    if not text.strip("0.,"):
        return text
    return f"{'+' if found > 0 else MINUS}{text}"


def interval(change: Any) -> str:
    """Write an estimate with its interval: ``−1.76 [−1.80, −1.71]``.

    Half the interval's width decides how many decimals are worth showing.
    """
    if not isinstance(change, Mapping) or number(change.get("estimate")) is None:
        return "not measured"
    estimate, low, high = (number(change.get(name)) for name in ("estimate", "low", "high"))
    if low is None or high is None:
        return signed(estimate)
    places = decimals((high - low) / 2)
    return f"{signed(estimate, places)} [{signed(low, places)}, {signed(high, places)}]"


def count(value: Any) -> str:
    """Write a whole number with its thousands apart: ``1,234,567``."""
    found = number(value)
    return UNMEASURED if found is None else f"{found:,.0f}".replace("-", MINUS)


def short_count(value: Any) -> str:
    """Write a large count in short: ``1.2 million``."""
    found = number(value)
    if found is None:
        return UNMEASURED
    for scale, name in ((1e9, "billion"), (1e6, "million")):
        if abs(found) >= scale:
            return f"{found / scale:,.1f} {name}"
    return count(found)


def size(value: Any) -> str:
    """Write bytes in decimal units: ``1.2 GB``."""
    found = number(value)
    if found is None:
        return UNMEASURED
    step = 0
    while abs(found) >= 1000 and step < len(SIZES) - 1:
        found, step = found / 1000, step + 1
    return f"{found:,.0f} {SIZES[step]}" if step == 0 else f"{found:,.1f} {SIZES[step]}"


def duration(value: Any) -> str:
    """Write seconds as ``48 s``, ``2 min 31 s`` or ``3 h 05 min``."""
    found = number(value)
    if found is None:
        return UNMEASURED
    if found < 60:
        return f"{found:.1f} s" if found < 10 else f"{found:.0f} s"
    minutes, seconds = divmod(round(found), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def percent(value: Any) -> str:
    """Write a fraction in [0, 1] as ``12.3 %``."""
    found = number(value)
    return UNMEASURED if found is None else f"{100 * found:.1f} %".replace("-", MINUS)


def listed(value: Any) -> str:
    """Write any value, nested or not, on one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {listed(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(listed(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not recorded" if value is None else str(value)


WRITERS = (plain, signed, interval, count, short_count, size, duration, percent, listed)
