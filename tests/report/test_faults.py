"""Faults of rows: what is said of many rows is said once."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.cli.show import summary_lines
from presence_worker.journal import Fault
from presence_worker.model import Reason, Result
from presence_worker.report import summarise
from presence_worker.report.fault_sentences import FIRST, MOST, Sentence, in_words, sentences, sentences_of
from presence_worker.run_states import State
from tests.journal.given import invalid, row, staged

from .given import page_of

ID = "found {!r} as associateId; expected a whole number from 1 to 2147483647"
DAY = "found {!r} as from, which may be {} or {}; say which with input.date_format: {}"
FORMS = '"%d.%m.%Y" or "%m.%d.%Y"'


def faults(*details: str, reason: str = Reason.BAD_DATE) -> list[Fault]:
    """Give rows of which this is said, from line 2 on."""
    return [Fault(number, number + 1, reason, detail) for number, detail in enumerate(details, 1)]


def only(found: Sequence[Fault]) -> Sentence:
    """Give the one sentence that is said of all rows."""
    ((sentence,),) = sentences_of(found).values()
    return sentence


@pytest.mark.parametrize(
    ("details", "text", "example"),
    [
        ([ID.format("000043"), ID.format("x1")],
         "found … as associateId; expected a whole number from 1 to 2147483647", "000043"),
        ([ID.format("7"), ID.format("7")], ID.format("7"), None),
        ([ID.format("a b"), ID.format("")], ID.replace("{!r}", "…"), "'a b'"),
        ([ID.format("it's"), ID.format("")], ID.replace("{!r}", "…"), '"it\'s"'),
        ([DAY.format("04.03.2026", "4 March", "3 April", FORMS),
          DAY.format("5.3.2026", "5 March", "3 May", FORMS)],
         f"found … as from, which may be … or …; say which with input.date_format: {FORMS}", "04.03.2026"),
        (["from (2026-12-31) is after until (2026-12-01)", "from (2026-11-03) is after until (2026-11-01)"],
         "from (…) is after until (…)", "2026-12-31"),
        (["the message has 256 characters; shorten it to 255",
          "the message has 300 characters; shorten it to 255"],
         "the message has … characters; shorten it to 255", "256"),
        (["asks for something else than another row (line 2: StatusNormal, line 3: StatusSpm); keep one",
          "asks for something else than another row (line 4: StatusSpm, line 5: StatusNormal, …); keep one"],
         "asks for something else than another row …; keep one", "(line 2: StatusNormal, line 3: StatusSpm)"),
        (["user 12 is in safety.protected_ids", "user 13 is in safety.protected_ids"],
         "user … is in safety.protected_ids", "12"),
    ],
)  # fmt: skip
def test_a_sentence_is_said_without_the_value_that_varies(
    details: list[str], text: str, example: str | None
) -> None:
    """What is the same in all rows stays: the numbers of a rule are no values of a row."""
    sentence = only(faults(*details))

    assert (sentence.text(), sentence.example(), sentence.rows) == (text, example, len(details))


@given(st.lists(st.text(alphabet="a1'\"\\(line 5) .-é;", max_size=40), min_size=1, max_size=30))
def test_each_row_counts_once_and_one_alone_is_said_as_it_is(details: list[str]) -> None:
    """Whatever is quoted in it, and however the quotes end."""
    found = sentences_of(faults(*details))[Reason.BAD_DATE]

    assert sum(sentence.rows for sentence in found) == len(details)
    assert only(faults(details[0])).text() == details[0].partition("; also ")[0]


def test_of_a_row_with_several_faults_the_first_counts() -> None:
    """Else a file with two faults in each row would have as many sentences as pairs of values."""
    found = faults(f"{ID.format('x1')}; also no status; expected Away", f"{ID.format('x2')}; also no message")

    assert only(found).rows == 2


def test_sentences_are_few_however_many_rows_say_something_else() -> None:
    """Memory is bounded: beyond a number of different sentences, rows are not listed."""
    words = [f"{'a' * number} is not right" for number in range(1, MOST + 9)]

    found = sentences_of(faults(*words, *words[:1] * 100))

    assert len(found[Reason.BAD_DATE]) == MOST
    assert found[Reason.BAD_DATE][0].rows == 101
    assert len(found[Reason.BAD_DATE][0].first) == FIRST


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "line 2: found '1' as associateId; expected a whole number from 1 to 2147483647"),
        (3, "lines 2, 3, 4: found … as associateId, such as 1; expected a whole number from 1 to 2147483647"),
        (20, f"found … as associateId: 20 rows, such as 1 on line 2;{ID.partition(';')[2]}"),
    ],
)  # fmt: skip
def test_few_rows_are_named_and_many_are_counted(number: int, words: str) -> None:
    """Who looks for one row in the file needs its line; of thousands, one is enough."""
    rows = [invalid(each, detail=ID.format(str(each)), line=each + 1) for each in range(1, number + 1)]

    with closing(staged("", rows)) as journal:
        said = sentences(journal, located=True)

    assert [in_words(sentence, "line") for sentence in said] == [words]


def test_the_same_in_many_rows_is_said_with_the_first_of_them() -> None:
    """There is no value to show then."""
    rows = [invalid(each, detail="no status; expected Away", line=each + 1) for each in range(1, 20)]

    with closing(staged("", rows)) as journal:
        (sentence,) = sentences(journal, located=True)

    assert in_words(sentence, "row") == "no status: 19 rows, the first on row 1; expected Away"


def test_terminal_and_page_say_it_once() -> None:
    """After a run as well as of a check; the rarest are only counted at the terminal."""
    rare = [invalid(each, detail=f"{'z' * each} is not right") for each in range(31, 40)]
    rows = [*(invalid(each, detail=ID.format(f"x{each}")) for each in range(1, 31)), *rare, row(40)]

    with closing(staged("", rows, state=State.FINISHED)) as journal:
        summary = replace(summarise(journal), sentences=sentences(journal))
        lines, found = [*summary_lines(summary)], page_of(journal)

    text = "\n".join(lines)
    assert text.count("as associateId") == 1
    assert "             found … as associateId: 30 rows, such as x1; expected a whole" in text
    assert "             and 5 rows with other faults" in text
    assert found.text.count("found … as associateId: 30 rows, such as x1; expected") == 1
    assert {line for line in lines if len(line) > 80} == set()


def test_rows_the_service_rejected_have_no_sentences() -> None:
    """What it says is not ours to take apart."""
    rows = [row(1, result=Result.REJECTED, reason=Reason.REFUSED, detail="no user 12")]

    with closing(staged("", rows)) as journal:
        said = sentences(journal)

    assert said == []


@pytest.mark.parametrize(("located", "number"), [(False, 0), (True, 1)])
def test_a_sentence_that_only_repeats_its_reason_is_left_out(number: int, *, located: bool) -> None:
    """The reason stands above it already; `check` needs it, because it names the lines."""
    words = "no SuperOffice user has this login or e-mail address"
    rows = [invalid(1, reason=Reason.UNKNOWN_IDENTITY, detail=words)]

    with closing(staged("", rows)) as journal:
        said = sentences(journal, located=located)

    assert len(said) == number
