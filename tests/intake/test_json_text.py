"""The framing of JSON values, in pieces of any size."""

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.errors import InputRefused
from presence_worker.intake.json import json_text
from presence_worker.intake.json.json_text import JsonText, array, keys

DOCUMENT = (
    '[ {"a": "x\\n\\ud83d\\ude00 }] "},\n\n 12.5, -1e+5,\n'
    '1E-7 , "\\"",null,true,      \r\n [[], {}],\r10000000000]  '
)
VALUES = [
    (1, {"a": "x\n😀 }] "}),
    (3, 12.5),
    (3, -1e5),
    (4, 1e-7),
    (4, '"'),
    (4, None),
    (4, True),
    (5, [[], {}]),
    (6, 10_000_000_000),
]


@pytest.mark.parametrize("size", range(1, 40))
def test_the_size_of_the_pieces_does_not_matter(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and their lines are the same, wherever the pieces end: amid a number, an escape, a space."""
    monkeypatch.setattr(json_text, "CHUNK", size)
    text = JsonText(io.StringIO(DOCUMENT, newline=""), "x.json")

    values = [(line, value) for (line, _), value in array(text)]

    assert values == VALUES
    assert text.peek() == ""


@pytest.mark.parametrize("size", range(1, 30))
def test_faults_are_found_at_the_same_place(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line and column of a fault count from the start of the text, not of a piece."""
    monkeypatch.setattr(json_text, "CHUNK", size)
    text = JsonText(io.StringIO('[{"a": 1},\n\n {"b": 2}, {"c" 3}]'), "x.json")

    with pytest.raises(InputRefused) as caught:
        list(array(text))

    assert (
        str(caught.value)
        == "x.json, line 3, column 17: not valid JSON: Expecting ':' delimiter. Correct that place"
    )


@given(
    values=st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=5,
        ),
        max_size=5,
    ),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    size=st.integers(1, 50),
)
def test_any_array_comes_back(values: list[Any], indent: int | None, ascii_only: bool, size: int) -> None:  # noqa: FBT001 - from Hypothesis
    """Whatever json.dumps wrote comes back, each value on the line it starts on."""
    written = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "CHUNK", size)
        found = list(array(JsonText(io.StringIO(written, newline=""), "x.json")))

    assert [value for _, value in found] == values
    if indent is None:
        assert {line for (line, _), _ in found} <= {1}
    else:
        assert [place for place, _ in found] == [(line, indent + 1) for line in _starts(values, indent)]


def _starts(values: list[Any], indent: int) -> list[int]:
    """Give the lines on which an indented array's values start."""
    line, starts = 2, []
    for value in values:
        starts.append(line)
        line += json.dumps(value, indent=indent).count("\n") + 1
    return starts


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_keys_one_by_one(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object's keys come with their lines, and whoever asks takes the values."""
    monkeypatch.setattr(json_text, "CHUNK", size)
    text = JsonText(io.StringIO('{"a" : 1.5,\n "b": 2e+3 , "a":[\n]\n}'), "x.json")

    found = [(place, key, text.value()) for place, key in keys(text)]

    assert found == [
        ((1, 2), "a", ((1, 8), 1.5)),
        ((2, 2), "b", ((2, 7), 2000.0)),
        ((2, 14), "a", ((2, 18), [])),
    ]


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ('{"a": 1}', "a"),
        (' \n{ "" : 1}', ""),
        ("{}", None),
        ("", None),
        ('{"a\\n": 1}', None),
        ('["a"]', None),
    ],
)
def test_the_first_key_is_only_looked_at(document: str, key: str | None) -> None:
    """To tell the shape takes nothing from the text."""
    text = JsonText(io.StringIO(document), "x.json")

    assert (text.first_key(), text.peek()) == (key, document.strip()[:1])


@pytest.mark.parametrize(
    ("document", "value"), [('{"a": 1}{', {"a": 1}), ("{", None), ('{"a": NaN}', None), ("[" * 10**5, None)]
)
def test_a_preview_takes_nothing_and_blames_nobody(document: str, value: Any) -> None:
    """What cannot be seen at once, or is faulty, is left to whoever reads it."""
    text = JsonText(io.StringIO(document), "x.json")

    assert (text.preview(), text.place()) == (value, (1, 1))


class Endless(io.StringIO):
    """A text that is made while it is read."""

    def __init__(self, values: int) -> None:
        super().__init__()
        self._values = iter(["[", *[f'{{"associateId": {i}}},\n' for i in range(3)] * (values // 3), "0]"])
        self._rest = ""

    def read(self, size: int | None = -1, /) -> str:
        """Give the next characters."""
        size = size or 0
        while len(self._rest) < size and (value := next(self._values, "")):
            self._rest += value
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def test_memory_does_not_grow_with_the_text() -> None:
    """Of an array of any size, only a piece is held at a time."""
    text = JsonText(Endless(24_000), "x.json")

    tracemalloc.start()
    number = sum(1 for _ in array(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert number == 24_001
    assert peak < 4 * json_text.CHUNK
