"""What the tests in a browser begin with: pages of nights of any size, and of a run that means harm."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from presence_worker.journal import Finding, Journal
from presence_worker.model import NOT_PRESENT, PRESENT, Outcome, Reason, Result, Row
from presence_worker.report import headline_of, write_reports
from presence_worker.run_states import State
from presence_worker.settings import Settings
from tests.journal.given import INPUT, RUN, each_change, end_as, invalid, row, staged, tamper

NAMES = ("ann.lee", "bo.berg", "cy.lund", "dag.moe", "eva.ek", "finn.dahl", "gro.vik", "hans.holm")
BEGUN = datetime.fromisoformat("2026-11-23T02:00:00.000Z")
OUTAGE = 25  # seconds for which nothing comes back, after six tenths of the rows
MANY_TRIES = 6
REFUSED = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail="no such user", http_status=404)
HOSTILE = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=1">',
    "</script><script>document.title='taken'</script><!--",
    '=HYPERLINK("http://198.51.100.7","click")',
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{RIGHT-TO-LEFT ISOLATE} \N{ARABIC LETTER ALEF}\N{ARABIC LETTER BEH}",
    "w" * 10_000,
    "\N{HAPPY PERSON RAISING ONE HAND}\N{ZERO WIDTH JOINER}\N{FEMALE SIGN}\N{VARIATION SELECTOR-16}" * 50,
    "Z" + "\N{COMBINING TILDE}\N{COMBINING ACUTE ACCENT}" * 40,
    "{{ 7 * 7 }} ${7 * 7} <b>&amp;</b>\u2028next",
)


def night(folder: Path, rows: int = 415) -> Path:
    """Report a night with a bit of everything, which an outage interrupted; give the page."""
    chance = random.Random(7)
    with closing(staged(folder / "journal.sqlite", _rows(rows), **_run(rows))) as journal:
        journal.sessions.begin("run", rate=10)
        tamper(folder / "journal.sqlite", f"UPDATE session SET started_at = '{_moment(0, rows)}'")
        list(each_change(journal))
        sent = [fate.row for fate in journal.results.all(Result.UNKNOWN)]  # until the session ends
        journal.outbox.record(
            (number, _outcome(number, rows, chance), _moment(number, rows)) for number in sent
        )
        journal.sessions.end(seconds=rows / 9.8 + OUTAGE, gets=0)
        tamper(folder / "journal.sqlite", f"UPDATE session SET ended_at = '{_moment(rows, rows)}'")
        _ended(journal)
        write_reports(folder, journal)
    return folder / "report.html"


def plan(folder: Path) -> Path:
    """Report a plan of some people; give the page."""
    more: dict[str, Any] = {
        "state": State.PLANNED,
        "exit_code": 0,
        "message": None,
    }
    with closing(
        staged(folder / "journal.sqlite", [*map(row, range(1, 13)), invalid(13)], **more)
    ) as journal:
        with journal.transaction():
            journal.rows.save_present(Finding(number, PRESENT, None) for number in range(1, 13))
        write_reports(folder, journal)
    return folder / "report.html"


def hostile(folder: Path) -> Path:
    """Report a run all of whose texts mean harm; give the page."""
    rows = [
        row(number, associate_id=text, identity=text, message=text, result=Result.INVALID, detail=text)
        for number, text in enumerate(HOSTILE, 1)
    ]
    everywhere = " ".join(HOSTILE)
    run = {
        "target": everywhere,
        "message": everywhere,
        "next": everywhere,
        "notes": [everywhere],
        "settings": {"report": {"include_messages": True}, "auth": {"username": everywhere}},
        "input": {
            **INPUT,
            "name": everywhere,
            "identity": "email",
            "unmapped": [{"value": text, "rows": 1, "closest": None} for text in HOSTILE],
            "unused": [*HOSTILE],
            "filtered": [{"column": text, "value": text, "rows": 1} for text in HOSTILE],
        },
        "compared": {
            "run_id": "x",
            "rows_before": 1,
            "rows": 2,
            "same_file": False,
            "columns_added": [*HOSTILE],
            "columns_gone": [],
        },
    }
    with closing(staged(folder / "journal.sqlite", rows, **run)) as journal:
        write_reports(folder, journal)
    return folder / "report.html"


def _run(rows: int) -> dict[str, Any]:
    compared = {"run_id": "20261122T020000Z-11aa", "rows_before": rows - 3, "rows": rows, "same_file": False}
    sections = Settings().model_dump(mode="json", include={"target", "delivery", "safety", "report"})
    return {
        "input": {
            **INPUT,
            "label": "HR ticket 4711",
            "rows": rows,
            "identity": "email",
            "columns": ["email", "status", "message"],
        },
        "settings": {**sections, "input": {"timezone": "Europe/Oslo"}},
        "compared": {**compared, "columns_added": [], "columns_gone": []},
    }


def _rows(number: int) -> Iterator[Row]:
    for each in range(1, number + 1):
        fields: dict[str, Any] = {"identity": f"{NAMES[each % len(NAMES)]}{each}@company.example"}
        if each % 10 == 0:
            fields["status"] = PRESENT
        if each % 100 == 8:
            said = "no SuperOffice user has this login or e-mail address"
            fields |= {"status": NOT_PRESENT, "associate_id": None, "reason": Reason.UNKNOWN_IDENTITY}
            yield invalid(each, **fields, detail=said)
        elif each % 200 == 71:
            yield invalid(
                each, **fields, detail="the status is unknown; write StatusNormal or StatusNotAvailable"
            )
        elif each % 40 == 19:
            yield row(each, **fields, result=Result.UNCHANGED)
        elif each % 150 == 5:
            said = "user is not active"
            yield row(each, **fields, result=Result.REJECTED, reason=Reason.INACTIVE_ASSOCIATE, detail=said)
        else:
            yield row(each, **fields)


def _outcome(number: int, rows: int, chance: random.Random) -> Outcome:
    took = round(chance.lognormvariate(3.6, 0.4), 1)
    if rows * 0.59 < number < rows * 0.6:
        return Outcome(
            result=Result.FAILED,
            reason=Reason.SERVER_ERROR,
            detail="503 Service Unavailable",
            http_status=503,
            attempts=MANY_TRIES,
            wire_puts=MANY_TRIES,
            duration_ms=took * 40,
        )
    tries = 2 if chance.random() < 0.04 else 1
    return Outcome(
        result=Result.UPDATED, http_status=200, duration_ms=took * tries, attempts=tries, wire_puts=tries
    )


def _moment(number: int, rows: int) -> str:
    after = number / 9.8 + (OUTAGE if number >= rows * 0.6 else 0)
    return (BEGUN + timedelta(seconds=after)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ended(journal: Journal) -> None:
    end_as(
        journal,
        state=State.FINISHED,
        exit_code=3,
        message=headline_of(journal, State.FINISHED),
        next=f"presence-worker resume {RUN.run_id} --config /home/ann/presence-worker.toml",
    )
