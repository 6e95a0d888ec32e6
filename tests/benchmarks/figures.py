"""What was measured, beside what was hoped for."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HEADINGS = ("benchmark", "median", "min", "max", "unit", "ratio", "goal", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure should be, in words, and whether it is."""

    words: str
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table."""

    label: str
    unit: str
    samples: Sequence[float]  # one a round
    ratio: float | None = None  # of what to what: README.md, "How to read it"
    goal: Goal | None = None  # None: for information only


NEAR = 0.02  # of a ratio of two programs: so much more or less is the machine's mood


def at_least(limit: float, value: float, of: str, *, near: float = 0.0) -> Goal:
    """Give the goal that *value*, which is the figure's *of*, reaches *limit*, or is that *near* to it."""
    return Goal(words=f"{of} >= {limit:g}", met=value >= limit - near)


def at_most(limit: float, value: float, of: str, *, near: float = 0.0) -> Goal:
    """Give the goal that *value* does not exceed *limit*, or by no more than is *near*."""
    return Goal(words=f"{of} <= {limit:g}", met=value <= limit + near)


def below(limit: float, value: float, of: str) -> Goal:
    """Give the goal that *value* stays under *limit*."""
    return Goal(words=f"{of} < {limit:g}", met=value < limit)


def table(figures: Sequence[Figure], *, judged: bool) -> str:
    """Lay the figures out in columns; the last one tells whether the goal was met, if that is *judged*."""
    lines = [HEADINGS, *(_cells(figure, judged=judged) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths) for line in lines)


def _cells(figure: Figure, *, judged: bool) -> tuple[str, ...]:
    spread = (median(figure.samples), min(figure.samples), max(figure.samples))
    verdict = {True: "met", False: "MISSED", None: ""}[figure.goal.met if figure.goal and judged else None]
    return (
        figure.label,
        *map(_short, spread),
        figure.unit,
        "" if figure.ratio is None else f"{figure.ratio:.3f}",
        figure.goal.words if figure.goal else "",
        verdict,
    )


def _short(value: float) -> str:
    """Give three or four digits that matter."""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (1, 2, 3, 5)  # columns that line up at their right
    placed = (
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(placed).rstrip()
