"""Which rows an archive query wants: the part of SuperOffice's $filter that makes sense of users."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]  # by column
Wanted = Callable[[Row], bool]
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([(),=])|([^\s(),='\"]+))", re.DOTALL)


def _not(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: not test(value, operand)


def _contains(value: str, operand: str) -> bool:
    return operand in value


ORDERED = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
EQUAL = {"eq": operator.eq, "=": operator.eq, "equals": operator.eq, "is": operator.eq} | {
    "ne": operator.ne,
    "unequals": operator.ne,
    "isnot": operator.ne,
}
TEXTS: dict[str, Callable[[Any, Any], bool]] = {  # operators of texts only
    "contains": _contains,
    "notcontains": _not(_contains),
    "begins": str.startswith,
    "notbegins": _not(str.startswith),
    "ends": str.endswith,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
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
    "$filter: expected comparisons such as ejUserId gt 0, userName begins 'ann', associateDbId oneOf (1,2) "
    f"or startswith(userName,'ann'), joined by and, or, not and brackets; operators: "
    f"{', '.join(COMPARISONS)}, {', '.join(LISTS)}; functions: {', '.join(FUNCTIONS)}"
)
Token = tuple[str, bool]  # text, and whether it stood in quotes


def read_filter(text: str, columns: Mapping[str, str]) -> Wanted:
    """Read a $filter; raise ValueError with what is understood.

    *columns* gives the names of columns by their names in lower case. Texts are compared without case.
    """
    reader = _Reader(list(_tokens(text)), columns)
    wanted = reader.alternatives()
    reader.end()
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

    def alternatives(self) -> Wanted:
        parts = [self._conditions()]
        while self._found("or"):
            parts.append(self._conditions())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def end(self) -> None:
        if self._tokens:
            raise ValueError(UNDERSTOOD)

    def _conditions(self) -> Wanted:
        parts = [self._condition()]
        while self._found("and"):
            parts.append(self._condition())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _condition(self) -> Wanted:
        if self._found("not"):
            unwanted = self._condition()
            return lambda row: not unwanted(row)
        if self._found("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        word = self._next()[0]
        if word.lower() in FUNCTIONS and self._found("("):
            return self._function(word.lower())
        return self._comparison(self._column(word))

    def _function(self, name: str) -> Wanted:
        test, place = FUNCTIONS[name]
        first = self._next()
        self._expect(",")
        arguments = (first, self._next())
        self._expect(")")
        return _compared(self._column(arguments[place][0]), test, arguments[1 - place])

    def _comparison(self, column: str) -> Wanted:
        sign = self._next()[0].lower()
        if sign in LISTS:
            parts = [_compared(column, "eq", token) for token in self._list()]
            rest = LISTS[sign]
            return lambda row: any(part(row) for part in parts) is not rest
        if sign not in COMPARISONS:
            raise ValueError(UNDERSTOOD)
        return _compared(column, sign, self._next())

    def _list(self) -> list[Token]:
        self._expect("(")
        members = [self._next()]
        while self._found(","):
            members.append(self._next())
        self._expect(")")
        return members

    def _column(self, word: str) -> str:
        column = self._columns.get(word.lower())
        if column is None:
            raise ValueError(f"$filter: expected columns among {', '.join(self._columns.values())}")
        return column

    def _next(self) -> Token:
        if not self._tokens:
            raise ValueError(UNDERSTOOD)
        return self._tokens.pop()

    def _found(self, word: str) -> bool:
        if not self._tokens:
            return False
        text, is_quoted = self._tokens[-1]
        found = not is_quoted and text.lower() == word
        if found:
            self._tokens.pop()
        return found

    def _expect(self, word: str) -> None:
        if not self._found(word):
            raise ValueError(UNDERSTOOD)


def _compared(column: str, sign: str, token: Token) -> Wanted:
    test, text = COMPARISONS[sign], token[0].lower()
    number = int(text) if re.fullmatch(r"-?\d{1,10}", text, re.ASCII) else None
    truth = {"true": True, "false": False}.get(text)

    def wanted(row: Row) -> bool:
        value = row[column]
        if isinstance(value, str):
            return test(value.lower(), text)
        operand = truth if isinstance(value, bool) and truth is not None else number
        if operand is None or sign in TEXTS:
            raise ValueError(f"$filter: {column} is compared by eq, ne, gt, ge, lt or le with a number")
        return test(value, operand)

    return wanted
