"""Small charts as inline SVG: the shapes alone; what they say stands in words beside them."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

HEIGHT, STEP, WIDTH = 100, 10, 8  # units of the picture: its height, and of each bar with and without its gap
FEWEST = 30  # bars there is room for: a few are not to be as wide as the page
LOWEST = 2.0  # what is not nothing is seen
_BAR = Markup('<rect x="{x}" y="{y:g}" width="{width}" height="{height:g}"><title>{title}</title></rect>')
_CHART = Markup(
    '<svg class="bars" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
    'preserveAspectRatio="none">{bars}</svg>'
)


class Bar(NamedTuple):
    """A bar, as high as its value, that says its *title* to who points at it."""

    value: float
    title: str


def bar_chart(bars: Sequence[Bar], label: str) -> Markup:
    """Draw bars from left to right, the highest as high as the picture; *label* says what they show."""
    highest = max((bar.value for bar in bars), default=0) or 1
    drawn = (_drawn(bar, number * STEP, highest) for number, bar in enumerate(bars) if bar.value)
    width = max(len(bars), FEWEST) * STEP
    return _CHART.format(label=label, width=width, height=HEIGHT, bars=Markup().join(drawn))


def _drawn(bar: Bar, x: int, highest: float) -> Markup:
    height = round(max(bar.value / highest * HEIGHT, LOWEST), 1)
    return _BAR.format(x=x, y=HEIGHT - height, width=WIDTH, height=height, title=bar.title)
