"""Charts: shapes whose heights are true, and whose words are somebody's."""

import re

import pytest

from presence_worker.report.overview import Bar, bar_chart

HOSTILE = '"><script>alert(1)</script>'


def heights(picture: str) -> list[float]:
    return [float(found) for found in re.findall(r'<rect [^>]*height="([\d.]+)"', picture)]


def test_bars_are_as_high_as_their_values() -> None:
    """The highest one fills the picture, and all stand on its ground."""
    picture = bar_chart([Bar(400, ""), Bar(100, ""), Bar(300, "")], "")

    tops = [float(found) for found in re.findall(r' y="([\d.]+)"', picture)]
    assert heights(picture) == [100, 25, 75]
    assert [top + height for top, height in zip(tops, heights(picture), strict=True)] == [100] * 3


def test_little_is_seen_and_nothing_is_not() -> None:
    """One row of a thousand is not lost on the eye; none is no bar, but keeps its place."""
    picture = bar_chart([Bar(1000, ""), Bar(0, ""), Bar(1, "")], "")

    assert heights(picture) == [100, 2]
    assert re.findall(r' x="(\d+)"', picture) == ["0", "20"]


@pytest.mark.parametrize(("number", "width"), [(0, 300), (3, 300), (90, 900)])
def test_few_bars_are_not_as_wide_as_the_page(number: int, width: int) -> None:
    """There is always room for thirty."""
    assert f'viewBox="0 0 {width} 100"' in bar_chart([Bar(1, "")] * number, "")


def test_words_are_only_words() -> None:
    """Whatever is said of a bar or a chart is escaped."""
    picture = bar_chart([Bar(1, HOSTILE)], HOSTILE)

    assert "<script" not in picture
    assert picture.count("&lt;script&gt;") == 2
