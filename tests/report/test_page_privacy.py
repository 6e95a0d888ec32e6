"""What a page may be mailed with: no secret, and no reason of absence, also not where nobody looks."""

from contextlib import closing
from typing import Any

import pytest

from presence_worker.journal import Finding, Journal
from presence_worker.model import NOT_PRESENT, Reason
from presence_worker.report.page import page
from presence_worker.run_states import State
from presence_worker.settings import SECRETS, Settings
from tests.journal.given import INPUT, invalid, row, staged

from .given import page_of, pieces

COMMENT = "knee surgery on Monday"
SECRET = "sesame-7f3a"


def job(*, include: bool, **run: Any) -> Journal:
    """A plan of two rows, with comments wherever one can be: in rows, cells, before-images and settings."""
    settings = {
        "auth": {"scheme": "basic", "username": "presence"},
        "input": {
            "default_message": COMMENT,
            "message_template": f"{COMMENT} {{until}}",
            "statuses": {COMMENT: NOT_PRESENT},
            "only": {"Type": [COMMENT]},
            "format": "auto",
        },
        "report": {"include_messages": include},
    }
    rows = [row(1, message=COMMENT), invalid(2, message=COMMENT, cells=f'["2","","{COMMENT}"]')]
    journal = staged("", rows, **{"state": State.PLANNED, "settings": settings, **run})
    with journal.transaction():
        journal.rows.save_present([Finding(1, NOT_PRESENT, COMMENT)])
    return journal


def written(journal: Journal) -> str:
    """Give the whole text of the page, hidden data and all."""
    with closing(journal):
        content = b"".join(pieces(page, journal))
    return content.decode()


def test_no_comment_is_anywhere_in_it() -> None:
    """Reasons of absence are in the file and in SuperOffice; a page that is mailed has none of them."""
    text = written(job(include=False))

    assert "knee" not in text
    assert "Message" not in text
    assert "input.default_message" in text
    assert text.count("(set; not shown)") == 4


def test_comments_are_there_where_the_operator_wants_them() -> None:
    """With `report.include_messages` the rows have them, and the settings, too."""
    text = written(job(include=True))

    assert text.count(COMMENT) == 2 * 2 + 4  # each row as data and in the table, and four settings


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_anywhere_in_it(name: str) -> None:
    """The journal has none; should it ever have one, the page still has not."""
    text = written(job(include=False, settings={"auth": {"scheme": "basic", name: SECRET}}))

    assert SECRET not in text
    assert "auth.scheme" in text


def test_settings_in_force_are_there() -> None:
    """What decided the run can be read years later, without the machine it ran on."""
    chosen = Settings(input={"statuses": {"SICK": NOT_PRESENT}}, report={"include_messages": True})
    settings = chosen.model_dump(mode="json", exclude={"auth": set(SECRETS), "target": {"proxy"}})

    with closing(job(include=False, settings=settings)) as journal:
        found = page_of(journal)

    assert "delivery.rate 10.0" in found.text
    assert "delivery.backoff_base 500ms" in found.text
    assert "delivery.outage_patience 20m" in found.text
    assert "storage.keep 90d" in found.text
    assert "safety.max_changes 500 or 50%" in found.text
    assert "input.statuses SICK = StatusNotAvailable" in found.text
    assert 'input.allowed_statuses ["StatusNormal","StatusNotAvailable"]' in found.text


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        ({}, "9 rows, 12 in run 20261122T020000Z-11aa; the same columns"),
        ({"same_file": True}, "the same file as in run 20261122T020000Z-11aa"),
        ({"columns_added": ["a", "b"], "columns_gone": ["c"]}, "new columns: a, b; missing columns: c"),
    ],
)
def test_the_last_job_stands_beside_this_one(compared: dict[str, Any], words: str) -> None:
    """Half a file, other columns or the same file are seen at once."""
    last = {
        "run_id": "20261122T020000Z-11aa",
        "rows_before": 12,
        "rows": 9,
        "same_file": False,
        "columns_added": [],
        "columns_gone": [],
    }

    with closing(job(include=False, compared={**last, **compared})) as journal:
        assert words in page_of(journal).text


def test_a_plan_shows_what_would_be_changed() -> None:
    """Who signs it off reads on the page what `plan` says: from what to what."""
    with closing(job(include=False)) as journal:
        found = page_of(journal)

    assert (
        "To be changed Associate Now Wanted Comment 1 StatusNotAvailable StatusNotAvailable kept"
        in found.text
    )
    assert found.text.index("To be changed") < found.text.index("Details of the run")


@pytest.mark.parametrize("include", [True, False])
def test_unknown_statuses_are_listed(*, include: bool) -> None:
    """They may be reasons of absence, too: a page to be mailed says how many there are, and who has them."""
    words = [("SJUK", 12, None), ("Awya", 1, "Away")]
    unmapped = [dict(zip(("value", "rows", "closest"), each, strict=True)) for each in words]

    with closing(job(include=include, input={**INPUT, "unmapped": unmapped})) as journal:
        found = page_of(journal)

    assert ('# "SJUK" = "StatusNotAvailable" # 12 rows; or "StatusNormal"' in found.text) is include
    assert ("SJUK" in found.text) is include
    assert "2 unknown values. Add them to input.statuses" in found.text
    assert ("listed in summary.json , not here" in found.text) is not include


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        (State.REFUSED, "or ask HR to correct it in the file. Then run it."),
        (State.FINISHED, "or ask HR to correct it in failed.csv. Then run failed.csv."),
    ],
)
def test_a_refused_file_is_mended_itself(state: State, remedy: str) -> None:
    """As in the terminal: only of a run that was sent there is a failed.csv to work on."""
    with closing(job(include=False, state=state)) as journal:
        assert remedy in page_of(journal).text


def test_what_is_to_come_is_told() -> None:
    """Of a file with days: who waits for the first one, and what is dropped, with why."""
    waits = row(3, result="skipped", reason=Reason.NOT_YET_DUE)
    dropped = {"id": "4", "associate_id": 44, "identity": "ann", "status": NOT_PRESENT, "from": "2026-12-24"}
    entries = [{**dropped, "until": None, "why": why} for why in ("not_in_file", "withdrawn", "later")]
    told = {**INPUT, "dated": True, "scheduled": 0, "dropped": entries, "dropped_rows": 5}

    with closing(staged("", [row(1), waits], input=told)) as journal:
        found = page_of(journal)

    assert "Planned absences Associate From Until Status 3 StatusNotAvailable" in found.text
    assert (
        "Planned absences that were dropped Associate From Until Status Why "
        "44 ann 2026-12-24 StatusNotAvailable no longer in the file 44 ann 2026-12-24 StatusNotAvailable "
        "cancelled by HR 44 ann 2026-12-24 StatusNotAvailable And 2 more. report.csv lists all"
    ) in found.text


def test_a_proxy_is_not_there() -> None:
    """Its address may have a password; the journal has none, and the page would not show one."""
    with closing(job(include=False, settings={"target": {"base_url": "x", "proxy": SECRET}})) as journal:
        found = page_of(journal)

    assert "target.base_url" in found.text
    assert SECRET not in found.text
