"""Evidence turned into charts. A chart of nothing is None, and is left out of the page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from glotlift.evidence.wording import Tongue, published_figure, tone
from glotlift.runs.figures import interval, number, plain
from glotlift.runs.plots import (
    DASHES,
    SERIES,
    Change,
    Line,
    Pair,
    bar_chart,
    interval_chart,
    line_chart,
    pair_chart,
    seed_chart,
)

Row = Mapping[str, Any]
Find = Callable[[Any], Tongue]


def change_chart(rows: Sequence[Row], find: Find) -> Markup | None:
    """Draw the change in bits per byte of each language that was measured before and after."""
    changes = []
    for row in rows:
        found = measured(row.get("change"))
        if found is not None:
            changes.append(Change(find(row.get("language")).name, *found, tone(row.get("change"))))
    if not changes:
        return None
    unit = str(rows[0].get("unit") or "bits per byte")
    told = "; ".join(
        f"{find(row.get('language')).name} {interval(row.get('change'))}" for row in rows
    )
    return interval_chart(changes, unit, higher_is_better=False, label=f"Change in {unit}: {told}")


def measured(change: Any) -> tuple[float, float, float] | None:
    """Return estimate, low and high of a change, or None unless all three are numbers."""
    if not isinstance(change, Mapping):
        return None
    found = [number(change.get(name)) for name in ("estimate", "low", "high")]
    estimate, low, high = found
    if estimate is None or low is None or high is None:
        return None
    return estimate, low, high


def task_chart(rows: Sequence[Row], find: Find) -> Markup | None:
    """Draw tasks whose scores lie between 0 and 1 and grow with skill, against chance."""
    pairs = []
    for row in rows:
        before, after = number(row.get("before")), number(row.get("after"))
        if before is None or after is None or not row.get("higher_is_better"):
            continue
        if max(before, after) <= 1:
            label = f"{row.get('task')}, {find(row.get('language')).name}"
            pairs.append(Pair(label, before, after, number(row.get("chance"))))
    return before_and_after(pairs, "score", higher=True)


def fertility_chart(report: Sequence[tuple[Row, Row]], find: Find) -> Markup | None:
    """Draw tokens per word of each language written with spaces, before and after."""
    pairs = []
    for old, new in report:
        before, after = number(old.get("fertility")), number(new.get("fertility"))
        if before is not None and after is not None:
            pairs.append(Pair(find(old.get("language")).name, before, after))
    return before_and_after(pairs, "tokens per word", higher=False)


def before_and_after(pairs: Sequence[Pair], unit: str, *, higher: bool) -> Markup | None:
    """Draw pairs, described in words for those who do not see them."""
    if not pairs:
        return None
    told = "; ".join(f"{pair.label} {plain(pair.before)} to {plain(pair.after)}" for pair in pairs)
    return pair_chart(
        pairs, unit, higher_is_better=higher, label=f"{unit}, before and after: {told}"
    )


def train_chart(points: Sequence[Row]) -> Markup | None:
    """Draw the training loss over steps."""
    line = line_of("training loss", points, "loss")
    if not line.x:
        return None
    told = f"Training loss from {plain(line.y[0])} to {plain(line.y[-1])}"
    return line_chart([line], "step", "loss", label=told)


def validation_lines(points: Sequence[Row], find: Find) -> list[Line]:
    """Return one line of validation bits per byte for each language."""
    codes = dict.fromkeys(str(point.get("language")) for point in points)
    lines = [
        line_of(
            find(code).name,
            [point for point in points if str(point.get("language")) == code],
            "bits_per_byte",
        )
        for code in codes
    ]
    return [line for line in lines if line.x]


def line_of(label: str, points: Sequence[Row], height: str) -> Line:
    """Return the line through those points that hold a step and a finite height."""
    pairs = [(number(point.get("step")), number(point.get(height))) for point in points]
    whole = [(x, y) for x, y in pairs if x is not None and y is not None]
    return Line(label, [x for x, _ in whole], [y for _, y in whole])


def validation_chart(lines: Sequence[Line]) -> Markup | None:
    """Draw validation bits per byte over steps, one line for each language."""
    if not lines:
        return None
    told = "; ".join(f"{line.label} {plain(line.y[0])} to {plain(line.y[-1])}" for line in lines)
    return line_chart(lines, "step", "bits per byte", label=f"Validation: {told}")


def keys(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return the key of a line chart: the tone and dashes of each line beside its name."""
    patterns = ["" if dash == "solid" else " ".join(map(str, dash[1])) for dash in DASHES]
    return [
        {
            "label": line.label,
            "tone": f"s{position % SERIES}",
            "dash": patterns[position % len(DASHES)],
        }
        for position, line in enumerate(lines)
    ]


def token_chart(rows: Sequence[Row], find: Find) -> Markup | None:
    """Draw the tokens really seen of each source."""
    bars = [(row, tokens) for row in rows if (tokens := number(row.get("tokens"))) is not None]
    if not bars:
        return None
    labels = [find(row.get("language")).name for row, _ in bars]
    told = "; ".join(
        f"{label} {plain(value, 0)}" for label, (_, value) in zip(labels, bars, strict=True)
    )
    return bar_chart(labels, [value for _, value in bars], "tokens", label=f"Tokens seen: {told}")


def forests(claims: Sequence[Row], metrics: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Draw one interval chart for each metric and unit that claims are made in."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for claim in claims:
        if measured(claim) is not None:
            key = str(claim.get("metric") or ""), str(claim.get("unit") or "")
            groups.setdefault(key, []).append(claim)
    return [forest(key, group, metrics) for key, group in groups.items()]


def forest(
    key: tuple[str, str], claims: Sequence[Row], metrics: Mapping[str, Row]
) -> dict[str, Any]:
    """Draw the claims of one metric, each with the side that it claims."""
    metric, unit = key
    higher = metrics.get(metric, {}).get("higher_is_better")
    changes = [
        Change(
            str(claim.get("id") or claim.get("text") or "claim"),
            *(measured(claim) or (0.0, 0.0, 0.0)),
            "unsure" if higher is None else tone(claim, higher),
            margin(claim),
            published_number(claim),
        )
        for claim in claims
    ]
    told = "; ".join(
        f"{change.label} {interval(claim)}" for change, claim in zip(changes, claims, strict=True)
    )
    return {
        "title": f"Difference in {metric.replace('_', ' ') or unit}",
        "published": any(change.published is not None for change in changes),
        "chart": interval_chart(
            changes, unit, higher_is_better=higher, label=f"Differences in {unit}: {told}"
        ),
    }


def margin(claim: Row) -> tuple[float | None, float | None] | None:
    """Return the range of differences in which a claim holds, with None for an open side."""
    edge = number(claim.get("margin"))
    if edge is None:
        return None
    ranges = {"greater": (edge, None), "less": (None, -edge), "within": (-abs(edge), abs(edge))}
    return ranges.get(str(claim.get("kind")))


def published_number(claim: Row) -> float | None:
    """Return the published figure where it is a bare number in the claim's own unit."""
    try:
        return number(float(published_figure({"published": bare(claim.get("published"))})))
    except ValueError:
        return None


def bare(published: Any) -> Any:
    """Return the figure of a published result without its source."""
    return published.get("figure") if isinstance(published, Mapping) else published


def seed_charts(arms: Sequence[Row], metrics: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Draw every metric's value for each seed of each arm."""
    charts = []
    for name, metric in metrics.items():
        by_arm = {
            str(arm.get("name")): [
                value
                for seed in (arm.get("metrics") or {}).get(name, {}).get("by_seed") or []
                if (value := number(seed)) is not None
            ]
            for arm in arms
        }
        by_arm = {arm: values for arm, values in by_arm.items() if values}
        if by_arm:
            title, unit = name.replace("_", " "), str(metric.get("unit") or name)
            drawn = seed_chart(
                list(by_arm),
                list(by_arm.values()),
                unit,
                higher_is_better=metric.get("higher_is_better"),
                label=f"{title} of each seed in {len(by_arm)} arms",
            )
            charts.append({"title": title, "chart": drawn})
    return charts
