"""Signs, beside the rows of a JSON document, that they are only a part of a list."""

from typing import NamedTuple, NoReturn

from ...errors import InputRefused
from ...sanitize import clean
from ...wording import amount, is_or_are
from ..spelling import plain, plain_names
from .json_text import Json, JsonText, Place

Path = tuple[str, ...]
Beside = list[tuple[Path, Place, Json]]  # what a document says besides its rows


OTHERS = plain_names("""
    next, prev, previous, next link, @odata.nextLink, odata.nextLink, next page, next page token, next
    token, next cursor, next url, next uri, next href, next page url, next page uri, next page link,
    next records url, next results url, next offset, next start, next marker, next key, next batch, next
    request, previous page, previous link, previous url, previous page url, prev page, prev page url,
    prev cursor, previous cursor, has more, has more pages, has more items, has more results, has more
    records, has more rows, has more data, has next, has next page, has previous, has previous page, has
    prev, has prev page, more, more available, more results, more records, more items, more data, more
    pages, is truncated, truncated, is partial, partial, is incomplete, incomplete, incomplete results,
    continuation token, continuation, page token, resume token, last evaluated key, remaining, remaining
    items, remaining rows, remaining records, limit reached, limit exceeded, row limit reached, exceeded
    transfer limit, partial result, partial results, has errors
""")  # filled, or true
CURSORS = plain_names("cursor, scroll id, marker")  # which some services also give with the last page
WHOLE = plain_names("""
    is last, last, is last page, last page, is first, first, done, complete, is complete, finished, success,
    ok
""")  # false
ERRORS = plain_names("errors, error, failures, failed requests")  # filled
TOTALS = plain_names("""
    total, total count, total results, total records, total elements, total items, total rows, total
    hits, total size, total entries, total matches, total number, total number of results, total result
    count, record count, row count, result count, item count, number of results, number of records,
    @odata.count, odata.count, x total count, num found, hits, matches, total documents
""")
PAGES = plain_names("""
    pages, total pages, page count, last page, num pages, number of pages, total page count, max page,
    pages count, page total, of, total page
""")
PAGE = plain_names("page, current page, page number, page index, page no, current page number")
OFFSETS = plain_names("offset, skip, start at, start index, from index, start row")
SIZES = plain_names("limit, per page, page size, items per page, size, top, max results") | TOTALS
COUNTS = {"count", "__count"}  # of the page, or of all
RESULTS = plain_names("status, result, state, outcome")  # of the whole answer, with one of these words:
FAILED = plain_names(
    "error, errors, fail, failed, failure, partial, partial success, incomplete, timeout, truncated"
)
ABOUT = plain_names("meta, metadata, paging, pagination, page, pager, page info, info, summary, list info")
KNOWN = OTHERS | CURSORS | WHOLE | ERRORS | TOTALS | PAGES | PAGE | OFFSETS | SIZES | COUNTS | RESULTS
MOST_NAMED = 5  # signs in a sentence
NOTHING = {"", "0", "false", "no", "null", "none", "nil"}  # texts


class Sign(NamedTuple):
    """A sign, and where it is."""

    place: Place
    words: str  # its name, and its number
    is_error: bool = False


class _Said(NamedTuple):
    """What a document says as a whole."""

    is_whole: bool  # a total equals the number of rows: the pages were put together
    is_paged: bool  # it names a page's size, or a total


def may_be_sign(path: Path) -> bool:
    """Return whether a member of that path may be a sign, or help to understand one."""
    return not KNOWN.isdisjoint(map(plain, path))


def signs_of_part(beside: Beside, rows: int, rows_path: Path) -> list[Sign]:
    """Return the signs that *rows* rows, which are under *rows_path*, are not all there are."""
    totals = [(path, place, _total(path, value, rows_path)) for path, place, value in beside]
    said = _Said(
        is_whole=any(total == rows for *_, total in totals),
        is_paged=any(plain(path[-1]) in SIZES for path, *_ in beside),
    )
    found = [
        Sign(place, words, is_error=not (ERRORS | RESULTS).isdisjoint(map(plain, path)))
        for path, place, value in beside
        if (words := _words_of(path, value, said))
    ]
    more = [
        Sign(place, f"{_name(path)} is {total}, but there {_is(rows)}")
        for path, place, total in totals
        if total and total > rows
    ]
    return found + more


def notes_on_part(found: list[Sign]) -> list[str]:
    """Return what the signs mean for a file of which a part is enough."""
    pages, errors = [[sign for sign in found if sign.is_error is is_error] for is_error in (False, True)]
    notes = []
    if pages:
        notes.append(
            f"the file says that there are more pages ({_list_signs(pages)}). Only this one was read"
        )
    if errors:
        notes.append(f"the file reports errors ({_list_signs(errors)}). Rows may be missing")
    return notes


def refuse_part(found: list[Sign], text: JsonText) -> NoReturn:
    """Raise InputRefused for a file that should be the whole list, and says itself that it is not."""
    words = (
        f"the file is only a part of the list ({_list_signs(found)}), but input.coverage is "
        '"everyone". Export all pages into one file, without errors, or set input.coverage = "changes"'
    )
    raise InputRefused(f"{text.where(found[0].place)}: {words}", settings=[{"coverage": "changes"}]) from None


def _list_signs(found: list[Sign]) -> str:
    return ", ".join(dict.fromkeys(sign.words for sign in found[:MOST_NAMED]))


def _words_of(path: Path, value: Json, said: _Said) -> str | None:
    """Return what a member says of something that is missing; None where it says nothing of the kind."""
    name, shown = plain(path[-1]), _name(path)
    if name in WHOLE and _text(value) == "false":
        return f"{shown} is false"
    if name in RESULTS and plain(_text(value)) in FAILED:
        return f"{shown} is {_text(value)}"
    if any(part in OTHERS or part in ERRORS for part in map(plain, path)):
        return shown if _is_filled(value) else None
    if said.is_whole:
        return None
    if name in CURSORS:
        return shown if _is_filled(value) else None
    number = _number(value)
    return f"{shown} is {number}" if number is not None and number > _last(path, said) else None


def _last(path: Path, said: _Said) -> float:
    """Return the highest number of that name by which a page may still be the only one."""
    name = plain(path[-1])
    if name in PAGES or name in PAGE or (name in ("current", "last") and _is_about(path[:-1])):
        return 1
    if name in OFFSETS and said.is_paged:  # else it may be anything, such as the minutes of a time zone
        return 1 if name == "startindex" else 0
    return float("inf")


def _total(path: Path, value: Json, rows_path: Path) -> int | None:
    name = plain(path[-1])
    if name in TOTALS or (len(path) > 1 and name == "value" and plain(path[-2]) in TOTALS):
        return _number(value)
    is_near = path[:-1] == rows_path[: len(path) - 1] or _is_about(path[:-1])
    return _number(value) if is_near and path[-1].lower() in COUNTS else None


def _is_about(path: Path) -> bool:
    """Return whether an object is about the answer as a whole."""
    return bool(path) and plain(path[-1]) in ABOUT


def _text(value: Json) -> str:
    return str(value).strip().lower() if isinstance(value, str | bool) else ""


def _number(value: Json) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) if len(value) < 19 else None  # noqa: PLR2004 - no list is so long
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_filled(value: Json) -> bool:
    return _text(value) not in NOTHING if isinstance(value, str) else bool(value)


def _name(path: Path) -> str:
    return clean(".".join(path), 60)


def _is(rows: int) -> str:
    return f"{is_or_are(rows)} {amount(rows, 'row')}"
