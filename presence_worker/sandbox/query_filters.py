"""Which rows an archive query wants: the part of SuperOffice's $filter that makes sense of users."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

UserRow = Mapping[str, str | int]  # by column
Wanted = Callable[[UserRow], bool]
Test = Callable[[Any, Any], bool]  # of a value, and of what it is compared with
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([(),=])|([^\s(),='\"]+))", re.DOTALL)


def _not(test: Test) -> Test:
    return lambda value, operand: not test(value, operand)


def _contains(value: str, operand: str) -> bool:
    return operand in value


ORDERED = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
EQUAL = {"eq": operator.eq, "=": operator.eq, "equals": operator.eq, "is": operator.eq} | {
    "ne": operator.ne,
    "unequals": operator.ne,
    "isnot": operator.ne,
}
TEXTS: dict[str, Test] = {  # operators of texts only
    "contains": _contains,
    "notcontains": _not(_contains),
    "begins": str.startswith,
    "notbegins": _not(str.startswith),
    "ends": str.endswith,
}
COMPARISONS: dict[str, Test] = {
    **EQUAL,
    **ORDERED,
    "greater": operator.gt,
    "less": operator.lt,
    **TEXTS,
}
LISTS = {"oneof": False, "notoneof": True, "in": False}  # operator: whether the rest is meant
FUNCTIONS = {  # name: its test, and which of its two arguments is the column
    "startswith": ("begins", 0),
    "endswith": ("ends", 0),
    "contains": ("contains", 0),
    "substringof": ("contains", 1),
}
UNDERSTOOD = (
    "$filter: expected comparisons such as ejUserId gt 0 or associateDbId oneOf (1,2). "
    f"Join them by and, or, not and brackets. Operators: "
    f"{', '.join(COMPARISONS)}, {', '.join(LISTS)}. "
    f"Functions, as in startswith(userName,'ann'): {', '.join(FUNCTIONS)}"
)
Token = tuple[str, bool]  # text, and whether it stood in quotes


def read_filter(text: str, columns: Mapping[str, str]) -> Wanted:
    """Read a $filter; raise ValueError with what is understood.

    *columns* gives the names of columns by their names in lower case. Texts are compared without case.
    """
    reader = _Reader(list(_tokens(text)), columns)
    wanted = reader.read_alternatives()
    reader.check_end()
    return wanted


def _tokens(text: str) -> Iterator[Token]:
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ValueError(UNDERSTOOD)
        quoted, sign, word = match.groups()
        yield (quoted.replace("''", "'"), True) if quoted is not None else (sign or word, False)
        position = match.end()


class _Reader:
    """Owns the place in the words of a filter that has been reached."""

    def __init__(self, tokens: list[Token], columns: Mapping[str, str]) -> None:
        self._tokens = tokens[::-1]
        self._columns = columns

    def read_alternatives(self) -> Wanted:
        parts = [self._read_conditions()]
        while self._take("or"):
            parts.append(self._read_conditions())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def check_end(self) -> None:
        if self._tokens:
            raise ValueError(UNDERSTOOD)

    def _read_conditions(self) -> Wanted:
        parts = [self._read_condition()]
        while self._take("and"):
            parts.append(self._read_condition())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _read_condition(self) -> Wanted:
        if self._take("not"):
            unwanted = self._read_condition()
            return lambda row: not unwanted(row)
        if self._take("("):
            inner = self.read_alternatives()
            self._expect(")")
            return inner
        word = self._next()[0]
        if word.lower() in FUNCTIONS and self._take("("):
            return self._read_function(word.lower())
        return self._read_comparison(self._read_column(word))

    def _read_function(self, name: str) -> Wanted:
        test, place = FUNCTIONS[name]
        first = self._next()
        self._expect(",")
        arguments = (first, self._next())
        self._expect(")")
        return _compare(self._read_column(arguments[place][0]), test, arguments[1 - place])

    def _read_comparison(self, column: str) -> Wanted:
        sign = self._next()[0].lower()
        if sign in LISTS:
            parts = [_compare(column, "eq", token) for token in self._read_list()]
            rest = LISTS[sign]
            return lambda row: any(part(row) for part in parts) is not rest
        if sign not in COMPARISONS:
            raise ValueError(UNDERSTOOD)
        return _compare(column, sign, self._next())

    def _read_list(self) -> list[Token]:
        self._expect("(")
        members = [self._next()]
        while self._take(","):
            members.append(self._next())
        self._expect(")")
        return members

    def _read_column(self, word: str) -> str:
        column = self._columns.get(word.lower())
        if column is None:
            raise ValueError(f"$filter: expected columns among {', '.join(self._columns.values())}")
        return column

    def _next(self) -> Token:
        if not self._tokens:
            raise ValueError(UNDERSTOOD)
        return self._tokens.pop()

    def _take(self, word: str) -> bool:
        if not self._tokens:
            return False
        text, is_quoted = self._tokens[-1]
        found = not is_quoted and text.lower() == word
        if found:
            self._tokens.pop()
        return found

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise ValueError(UNDERSTOOD)


def _compare(column: str, sign: str, token: Token) -> Wanted:
    test, text = COMPARISONS[sign], token[0].lower()
    number = int(text) if re.fullmatch(r"-?\d{1,10}", text, re.ASCII) else None
    truth = {"true": True, "false": False}.get(text)

    def wanted(row: UserRow) -> bool:
        value = row[column]
        if isinstance(value, str):
            return test(value.lower(), text)
        operand = truth if isinstance(value, bool) and truth is not None else number
        if operand is None or sign in TEXTS:
            raise ValueError(f"$filter: {column} is compared by eq, ne, gt, ge, lt or le with a number")
        return test(value, operand)

    return wanted
