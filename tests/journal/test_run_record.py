"""The record of a run: what is written of a job comes back, also from journals older or newer than we."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.errors import JournalGone, Stopped, Suspect
from presence_worker.journal import Comparison, Correction, DroppedEntry, JobInput, Journal, StoredSettings
from presence_worker.json_form import Json, from_json
from presence_worker.next_step import NextStep
from presence_worker.run_states import FilteredValue, Step, UnknownStatus

from .given import RUN, tamper

UNREAD = JobInput(name="/in/job.csv", day=date(2026, 12, 1))
READ = replace(UNREAD, format="csv", columns=("id", "status"), rows=3, delimiter=";", dated=True)
COMPARED = Comparison(
    run_id="r", rows_before=4, rows=3, same_file=False, columns_added=("a",), columns_gone=(), stale_after=2.5
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
DROPPED = st.builds(DroppedEntry, TEXTS, st.integers(1, 9), *[st.none() | TEXTS] * 4, TEXTS)
READ_JOBS = st.builds(
    JobInput,
    format=st.just("csv"),
    day=st.none() | st.dates(),
    columns=st.none() | st.lists(TEXTS).map(tuple),
    unmapped=st.lists(st.builds(UnknownStatus, TEXTS, st.integers(1, 9), st.none() | TEXTS)).map(tuple),
    filtered=st.lists(st.builds(FilteredValue, TEXTS, TEXTS, st.integers(1, 9))).map(tuple),
    scheduled=st.integers(0, 9),
    pending=st.none() | st.booleans(),
    dropped=st.lists(st.builds(DroppedEntry, TEXTS, st.integers(1, 9), *[st.none() | TEXTS] * 4, TEXTS)).map(
        tuple
    ),
    correction=st.none()
    | st.builds(
        Correction, suspect=st.none() | st.sampled_from(Suspect), refused=st.none() | st.just(("salt", None))
    ),
    over=st.none() | st.booleans(),
)


@given(job=READ_JOBS)
def test_a_job_comes_back_as_it_was(job: JobInput) -> None:
    """Whatever is known of it, JSON and all."""
    stored = orjson.dumps(job.as_json())

    assert from_json(JobInput, orjson.loads(stored)) == job


def test_what_is_not_known_yet_is_not_written() -> None:
    """Of a job that could not be read there is its name and its day; the keys are those of always."""
    found = list(UNREAD.as_json())

    assert found == ["name", "day", "rows", "sha256", "format", "encoding", "delimiter", "columns"]
    assert not {"scheduled", "pending", "dropped", "suspect", "refused", "over"} & READ.as_json().keys()


def test_what_is_found_out_later_is_added() -> None:
    """In the order of always; an error that is corrected leaves null."""
    later = replace(READ, scheduled=1, pending=True, correction=Correction(), over=False)

    added = list(later.as_json())[len(READ.as_json()) :]

    assert added == ["scheduled", "pending", "dropped", "dropped_rows", "suspect", "refused", "over"]
    assert later.as_json()["suspect"] is None


def test_older_and_newer_journals_are_understood() -> None:
    """What is missing has its default, what is not known is passed over."""
    job = from_json(JobInput, {"name": "a.csv", "rows": 2, "format": "csv", "sheet": None, "mood": [1]})

    assert job == JobInput(name="a.csv", rows=2, format="csv")


@pytest.mark.parametrize(
    "found",
    [
        {"rows": "many"},
        {"day": "tomorrow"},
        {"day": 7},
        {"columns": 7},
        {"unmapped": [{"value": "x"}]},
        [],
        None,
    ],
)
def test_a_job_that_is_none_is_refused(found: object) -> None:
    """A value of another kind is nothing to go on with."""
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong
        from_json(JobInput, found)  # type: ignore[arg-type]  # on purpose


def test_a_damaged_record_is_told_in_words(journal: Journal, path: Path) -> None:
    """The journal cannot be read, and what to do stands there."""
    tamper(path, """UPDATE run SET input = '{"rows": "many"}'""")

    with pytest.raises(Stopped, match=r"cannot be read: .*restore it from a backup, or start a new run"):
        journal.run()


def test_each_part_of_the_record_is_kept(journal: Journal, path: Path) -> None:
    """What is written in one transaction is there for whoever opens the file."""
    with journal.transaction():
        journal.save_input(READ)
        journal.save_comparison(COMPARED)
        journal.save_step(Step.COMPARE)
        journal.save_next(NextStep(("resume", "r")))

    with closing(Journal.open(path)) as later:
        run = later.run()

    assert (run.input, run.compared, run.step, run.next) == (
        READ,
        COMPARED,
        "compare",
        NextStep(("resume", "r")),
    )
    assert run._replace(input=RUN.input, compared=None, step=RUN.step, next=None) == RUN


def test_a_note_is_added_once(journal: Journal) -> None:
    """Who adds it hears whether it is new; nothing is no note."""
    added = [journal.add_note(words) for words in ("a", "b", "a", None)]

    assert added == [True, True, False, False]
    assert journal.run().notes == ["a", "b"]


def test_a_resumed_run_has_each_note_once(journal: Journal) -> None:
    """What was found out again is no second note."""
    for _ in range(2):
        with journal.transaction():
            journal.add_notes(["c", "d"])

    assert journal.run().notes[-2:] == ["c", "d"]
    assert journal.run().notes.count("c") == 1


def test_a_journal_that_is_gone_is_noticed(journal: Journal, path: Path) -> None:
    """What would be written now would never be found again."""
    journal.check_place()
    path.unlink()

    with pytest.raises(JournalGone):
        journal.check_place()
    with pytest.raises(JournalGone), journal.transaction():
        pass


def test_who_has_staged_knows_it(journal: Journal, path: Path) -> None:
    """Another object has not, although the file holds a run of this version."""
    with closing(Journal.open(path)) as later:
        assert (journal.has_staged(), later.has_staged()) == (True, False)
        assert (later.is_staged(), later.is_current()) == (True, True)


def test_settings_of_older_runs_are_understood() -> None:
    """A section or a setting may be missing, or be of another kind."""
    empty, odd = (
        StoredSettings({}),
        StoredSettings({"delivery": {"concurrency": "x"}, "input": {"statuses": 1}}),
    )

    for settings in (empty, odd):
        assert (settings.include_messages, settings.concurrency, settings.covers_everyone) == (
            False,
            None,
            False,
        )
        assert (settings.statuses, settings.of_input("format")) == ({}, None)
        assert settings.allowed_statuses == ["StatusNormal", "StatusNotAvailable"]


def test_what_was_dropped_by_an_older_run_has_no_reason() -> None:
    """Older journals did not say why; what they say is read and written as it was."""
    dropped: Json = {
        "id": "1.1",
        "associate_id": 7,
        "identity": None,
        "status": None,
        "from": None,
        "until": None,
    }
    stored: Json = {
        "name": "job.csv",
        "format": "csv",
        "scheduled": 0,
        "dropped": [dropped],
        "dropped_rows": 1,
    }

    job = from_json(JobInput, stored)

    assert job.dropped[0].why is None
    assert job.as_json()["dropped"] == [dropped]
