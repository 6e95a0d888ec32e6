"""Where the rows of a JSON document are: under the path of input.rows, or in its only array of objects."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, NoReturn

from ...errors import InputRefused, Suggestion, Way
from ...sanitize import clean, quote_toml
from ...wording import series
from ..columns import ALIASES, IDENTITIES
from ..spelling import plain
from .json_text import Json, JsonText, Place, Values, elements, keys, words_for_repeat
from .pagination import Beside, Path, may_be_sign

LEVELS = 2  # of objects, in which an array of objects is found without input.rows
DEEPEST = 8  # levels that are searched; what is below them is read as one value
NO_ROWS = {"error", "errors", "warning", "warnings", "link", "links"}  # plain names of arrays beside the rows
PEOPLE = frozenset[str]().union(*(ALIASES[way] for way in IDENTITIES))
MOST_NAMES = 1000  # that a job may have; more are not columns, and would fill the memory
EXAMPLE = '{"associateId": 12, "status": "StatusNormal"}'
KEY = "*key"  # as a column's name: the key of each object in an object of objects
MOST_SHOWN = 20  # names in a sentence
RECORDS = 'Write one object for each row (pandas: orient="records")'
Names = dict[Path, list[str]]  # of each object in a document: its names
KEYED: tuple[Way, ...] = (  # ways to read an object of rows
    {"associate_id": KEY},
    {"login": KEY},
    {"email": KEY},
    {},
)


class ObjectArray(NamedTuple):
    """An array of objects."""

    path: str
    place: Place


class RowSearch:
    """Owns the walk through an object in search of its rows; it is whole once all rows were read."""

    def __init__(self, text: JsonText, wanted: str | None, read_map: Callable[[], Values] | None) -> None:
        """Look for *wanted*, or for the only array; *read_map* reads an object of rows that is wanted."""
        self._text = text
        self._wanted = wanted
        self._read_map = read_map
        self._names: Names = {}
        self._arrays: list[ObjectArray] = []  # of objects, wherever they are
        self._taken: list[ObjectArray] = []
        self._empty: list[str] = []  # where rows may be another time
        self._likely: str | None = None  # of the arrays: the first whose objects name people
        self._instead = ""  # what is where the rows are wanted
        self.rows = 0
        self.beside: Beside = []

    @property
    def path(self) -> str | None:
        """Where the rows are; None: they were not found yet."""
        return self._taken[0].path if self._taken else None

    @property
    def note(self) -> str | None:
        """What to say of rows that were found without a setting."""
        if self._wanted is not None or not self._taken:
            return None
        others = f"; empty: {_list_paths(self._empty)}" if self._empty else ""
        return f"the rows are in {_short(self._taken[0].path)} (the only array of objects{others})"

    def values(self) -> Values:
        """Yield the rows; raise InputRefused at the end where they are in several places, or in none."""
        for rows in self._walk_object(()):
            for self.rows, row in enumerate(rows, 1):
                yield row
        if len(self._taken) > 1:
            self._refuse_several()
        if not self._taken and self._wanted is not None:
            self._refuse_nowhere(self._wanted)
        if not self._taken and not self._empty:
            self._refuse_none()

    def _walk_object(self, path: Path) -> Iterator[Values]:
        """Read an object; yield its rows as one iterator, which reads them."""
        names = self._names.setdefault(path, []) if len(self._names) < MOST_NAMES else []
        seen = set[str]()
        for place, key in keys(self._text):
            if key in seen:
                self._text.refuse(words_for_repeat(key), place)
            if len(seen) < MOST_NAMES:
                seen.add(key)
                names.append(key)
            elif not path and not self._taken:
                words = f"more than {MOST_NAMES} names, and no array of objects"
                self._refuse_shape(words, place)
            yield from self._walk_member((*path, key))

    def _walk_member(self, path: Path) -> Iterator[Values]:
        start, is_wanted = self._text.peek(), ".".join(path) == self._wanted
        if start == "[":
            yield from self._walk_array(path)
        elif start == "{" and is_wanted and self._read_map:
            self._taken.append(ObjectArray(".".join(path), self._text.place()))
            yield self._read_map()
        elif start == "{" and len(path) < DEEPEST:
            self._instead = "an object" if is_wanted else self._instead
            yield from self._walk_object(path)
        else:
            place, value = self._text.value()
            self._instead = _kind_of(value) if is_wanted else self._instead
            self._keep(path, place, value)

    def _walk_array(self, path: Path) -> Iterator[Values]:
        """Yield the rows of an array, if it is the one that has them; else pass it, keeping what it says."""
        place = self._text.place()
        self._text.take("[")
        dotted, start = ".".join(path), self._text.peek()
        is_likely = NO_ROWS.isdisjoint(map(plain, path))
        is_near = is_likely and len(path) <= LEVELS
        if start == "{" and is_likely and len(self._arrays) < MOST_NAMES:
            self._arrays.append(ObjectArray(dotted, place))
        elif start == "]" and is_near and len(self._empty) < MOST_NAMES:
            self._empty.append(dotted)
        if dotted == self._wanted or (self._wanted is None and start == "{" and is_near):
            self._taken.append(ObjectArray(dotted, place))
            if len(self._taken) == 1:
                yield self._watch_people(elements(self._text), dotted)
                return
        self._skip_array(path, place)

    def _skip_array(self, path: Path, place: Place) -> None:
        """Read an array without rows; keep that it is filled, and which ways its links lead."""
        is_filled = False
        for _, value in self._watch_people(elements(self._text), ".".join(path)):
            if not is_filled:
                self._keep(path, place, is_filled := True)
            way = value.get("rel", value.get("relation")) if isinstance(value, dict) else None
            if isinstance(way, str) and plain(path[-1]) in NO_ROWS:
                self._keep((*path, way), place, is_filled)

    def _watch_people(self, values: Values, path: str) -> Values:
        """Return the values of an array; the first of all whose first object names people is remembered."""
        first = next(values, None)
        if first is None:
            return values
        if not self._likely and isinstance(first[1], dict) and not PEOPLE.isdisjoint(map(plain, first[1])):
            self._likely = path
        return chain([first], values)

    def _keep(self, path: Path, place: Place, value: Json) -> None:
        if may_be_sign(path):
            self.beside.append((path, place, value))

    def _refuse_several(self) -> NoReturn:
        first, second, *_ = self._taken
        paths = list(dict.fromkeys(found.path for found in self._taken))
        if len(paths) == 1:
            self._refuse(f"another array under {_short(first.path)}. Keep one of them", second.place)
        choice = f"Choose one, such as {_path_setting(self._ways()[0])}"
        self._refuse(f"arrays of objects under {_list_paths(paths)}. {choice}", second.place)

    def _refuse_nowhere(self, wanted: str) -> NoReturn:
        parts = tuple(wanted.split("."))
        if self._instead:
            words = f"{_path_setting(wanted)} leads to {self._instead}, not to an array of rows"
            words += f". It has {list_names(self._names[parts])}" if self._names.get(parts) else ""
        else:
            steps = [parts[:end] for end in range(len(parts) - 1, 0, -1)]
            known = next((step for step in steps if step in self._names), ())
            where = f"{_short('.'.join(known))} has" if known else "the document has"
            words = f"{_path_setting(wanted)} leads nowhere: {where} {list_names(self._names[known])}"
        self._refuse(f"{words}{self._offer()}")

    def _refuse_none(self) -> NoReturn:
        if self._arrays:  # further down, or they would have been taken
            self._refuse(f"no array of objects within {LEVELS} levels{self._offer()}")
        self._refuse_shape(f"no row such as {EXAMPLE}, and no array of objects")

    def _offer(self) -> str:
        if not self._arrays:
            return ""
        paths = [found.path for found in self._arrays]
        return f". Arrays of objects: {_list_paths(paths)}. Set {_path_setting(self._ways()[0])}"

    def _ways(self) -> list[str]:
        """Return the paths of the arrays, that of people first."""
        return sorted({found.path: 0 for found in self._arrays}, key=lambda path: path != self._likely)

    def _refuse_shape(self, words: str, place: Place | None = None) -> NoReturn:
        """Raise InputRefused with what the document looks like."""
        shape = shape_of(self._names)
        self._refuse(f"{words}. {shape.words}", place, shape.settings)

    def _refuse(self, words: str, place: Place | None = None, settings: Sequence[Way] = ()) -> NoReturn:
        """Raise InputRefused with the arrays among which to choose."""
        ways = [{"rows": path} for path in self._ways()]
        where = self._text.where(place or self._text.place())
        raise InputRefused(f"{where}: {words}", *ways, settings=settings)


def _path_setting(path: str) -> str:
    return f"input.rows = {quote_toml(path)}"


def _short(path: str) -> str:
    return clean(path, 60)


def _list_paths(paths: list[str]) -> str:
    return series([_short(path) for path in paths[:10]], "and")


def _kind_of(value: Json) -> str:
    kinds = {str: "a text", bool: "true or false", type(None): "null", dict: "an object"}
    return kinds.get(type(value), "a number")


# -- what a document without an array of rows looks like, and which setting would read it --------------------


def shape_of(names: Names) -> Suggestion:
    """Return what an object is that has no array of rows, and what to do about it."""
    top = names[()]
    if {"columns", "data"} <= set(top):
        return Suggestion(f'Found columns and data as pandas writes them with orient="split". {RECORDS}')
    by_number = [path for path, inner in names.items() if path and inner and all(map(str.isdigit, inner))]
    if by_number and (*by_number[0], names[by_number[0]][0]) in names:
        path = _path_text(by_number[0])
        words = f"Found objects under numbers in {path}. {words_for_keys(path)}"
        return Suggestion(words, ({"rows": path}, {"associate_id": KEY}))
    if by_number:
        columns = list_names([_path_text(path) for path in by_number])
        words = f"Found columns as pandas writes them by default, with row numbers: {columns}. {RECORDS}"
        return Suggestion(words)
    if len(top) > 1 and all((name,) in names for name in top):
        return Suggestion(
            f"Found only objects: {list_names(top)}. {words_for_keys(None)}", ({"associate_id": KEY},)
        )
    inside = [f"{_path_text(path)}: {list_names(inner)}" for path, inner in names.items() if path and inner]
    return Suggestion("; in ".join([f"Found: {list_names(top)}", *inside[:MOST_SHOWN]]))


def are_columns(value: dict[str, Json]) -> bool:
    """Return whether an object has columns, each with its values by row number."""
    return all(isinstance(inner, dict) and inner and all(map(str.isdigit, inner)) for inner in value.values())


def words_for_keys(path: str | None) -> str:
    """Return which setting reads an object whose values are rows; *path*: where it is, if not at the top."""
    rows = f'input.rows = "{path}" and ' if path else ""
    return (
        f'If the keys are the associate IDs of SuperOffice, set {rows}input.associate_id = "{KEY}" '
        "(input.login or input.email for logins or addresses)"
    )


def list_names(names: list[str]) -> str:
    """Return names as a list for a sentence, but no addresses: those are people."""
    shown = ["(an address)" if "@" in name[1:] else clean(name, 60) or "(no name)" for name in names]
    return ", ".join([*shown[:MOST_SHOWN], *(["…"] if len(names) > MOST_SHOWN else [])]) or "nothing"


def _path_text(path: Path) -> str:
    return clean(".".join(path), 60)
