"""What becomes of rows of one job that ask for the same associate."""

from collections.abc import Iterator, Sequence
from typing import Literal

from ..model import Presence, Reason, Result, Verdict

Asked = tuple[int, Presence, int | None]  # ordinal, wanted, physical line


def settle(asked: Sequence[Asked], on_conflict: Literal["invalid", "last", "first"]) -> Iterator[Verdict]:
    """Yield a verdict for each of the rows *asked* for one associate that is not to be sent.

    The same value twice: the first is sent, the others share its fate. Two values: none is sent,
    unless the operator decided that the first or the last one counts.
    """
    agree = all(wanted.same_as(asked[0][1]) for _, wanted, _ in asked)
    if not agree and on_conflict == "invalid":
        what = "another message" if len({wanted.status for _, wanted, _ in asked}) == 1 else "something else"
        words = f"asks for {what} than another row for the same associate ({_places(asked)}); keep one"
        for row, _, _ in asked:
            yield Verdict(row, Result.INVALID, Reason.CONFLICT, words, None)
        return
    winner = asked[-1] if on_conflict == "last" and not agree else asked[0]
    for row, wanted, _ in asked:
        if row != winner[0]:
            same = wanted.same_as(winner[1])
            words = f"{'same as' if same else 'overruled by'} {_place(winner)}"
            yield Verdict(row, Result.DUPLICATE, None if same else Reason.CONFLICT, words, winner[0])


def _places(asked: Sequence[Asked]) -> str:
    shown = ", ".join(f"{_place(a)}: {a[1].status}" for a in asked[:5])
    return f"{shown}, …" if len(asked) > 5 else shown  # noqa: PLR2004 - enough to find them


def _place(asked: Asked) -> str:
    row, _, line = asked
    return f"line {line}" if line is not None else f"row {row}"
