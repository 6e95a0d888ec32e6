"""Rows that are due on days, night after night: begun, ended, replaced and taken back, as a user sees it.

A night is a zone: it is a later day in the east, always, and so nobody has to wait for midnight.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from presence_worker.clock import today
from presence_worker.model import NOT_PRESENT, PRESENT
from tests.raw_server import RawServer, answer

from .crm import Crm, Held, here
from .given import Ended, On, Worker, away, raw_up, read_report, wishes, write_csv

WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"  # 26 hours apart
TODAY = today(WEST)
FAR = date(2099, 1, 1)
HEADER = "associateId,status,message,from,until\n"
AWAY: Held = (NOT_PRESENT, "Kurs")
ILL: Held = (NOT_PRESENT, "ill")


class Nights:
    """Owns a worker and a service: lets files be delivered on an early day and on a later one."""

    def __init__(self, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.worker = worker
        self.monkeypatch = monkeypatch

    def it_is(self, zone: str) -> None:
        self.monkeypatch.setenv("PRESENCE_WORKER_INPUT__TIMEZONE", zone)

    def file(self, *rows: str, header: str = HEADER) -> Path:
        path = self.worker.folder / "job.csv"
        path.write_text(header + "".join(f"{row}\n" for row in rows), "utf-8")
        return path

    def first(self, *rows: str, **how: Any) -> Ended:
        """Deliver a file on the early day."""
        self.it_is(WEST)
        return self.worker("run", self.file(*rows, **how))

    def later(self, *rows: str, command: str = "run", header: str = HEADER) -> Ended:
        """Deliver a file on the later day; without rows, one about somebody else."""
        self.it_is(EAST)
        return self.worker(command, self.file(*(rows or ["99,Present,,,"]), header=header))

    def schedule(self) -> list[tuple[int, str, str]]:
        listed = self.worker("schedule").summary["schedule"]
        return [(step["associate_id"], step["next"], step["on"]) for step in listed]

    def told(self, ended: Ended) -> list[tuple[int, str, str | None]]:
        """Give what the report tells of the rows that no file brought."""
        lines = read_report(self.worker.folder_of(ended))
        return [
            (line["associate_id"], line["result"], line["reason"])
            for line in lines
            if line.get("scheduled_by")
        ]


@pytest.fixture
def crm() -> Crm:
    return Crm(here(range(1, 100)))


@pytest.fixture
def server(crm: Crm) -> Iterator[RawServer]:
    with raw_up(crm) as server:
        yield server


@pytest.fixture
def nights(server: RawServer, on: On, monkeypatch: pytest.MonkeyPatch) -> Nights:
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "changes")
    return Nights(on(server), monkeypatch)


def ends_today(number: int, message: str = "Kurs") -> str:
    return f"{number},Away,{message},,{TODAY}"


def begins(number: int, first: date, last: date | str = "") -> str:
    return f"{number},Away,Kurs,{first},{last}"


# -- returns -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_before", ["auto", "each", "query", "off"])
def test_after_the_last_day_somebody_is_present_again(read_before: str, nights: Nights, crm: Crm) -> None:
    """No file needs to say so; once it is done, nothing is to come any more."""
    nights.worker.read_before = read_before
    nights.first(ends_today(7))
    awaited, between = nights.schedule(), dict(crm.held)

    ended = nights.later()

    assert (awaited, between[7]) == ([(7, "return", str(TODAY + timedelta(days=1)))], AWAY)
    assert (ended.code, crm.held[7]) == (0, (PRESENT, ""))
    assert (nights.told(ended), nights.schedule()) == ([(7, "updated", None)], [])


def test_the_run_s_figures_add_up(nights: Nights) -> None:
    """Rows of earlier jobs are counted with the file's own, and said beside them."""
    nights.first(ends_today(7))

    summary = nights.later("5,Away,,,", "6,Away,,,").summary

    assert (sum(summary["counts"].values()), summary["input"]["rows"], summary["scheduled"]) == (3, 3, 1)


def test_it_is_made_once(nights: Nights, server: RawServer) -> None:
    """The night after, there is nothing to do."""
    nights.first(ends_today(7))
    nights.later()
    before = len(server.puts)

    ended = nights.later()

    assert (ended.code, nights.told(ended), len(server.puts)) == (0, [], before)


@pytest.mark.parametrize(
    ("held", "result", "reason"),
    [
        (ILL, "skipped", "moved_since_run"),
        (("StatusReadOnly", ""), "skipped", "moved_since_run"),
        ((PRESENT, "here again"), "unchanged", None),
    ],
)
@pytest.mark.parametrize("read_before", ["auto", "each", "query", "off"])
def test_what_somebody_else_has_set_stays(
    read_before: str, held: Held, result: str, reason: str | None, nights: Nights, crm: Crm
) -> None:
    """A return is made only while our value stands; that there is none to make is no failure."""
    nights.worker.read_before = read_before
    nights.first(ends_today(7))
    crm.held[7] = held

    ended = nights.later()

    assert (ended.code, nights.told(ended)) == (0, [(7, result, reason)])
    assert (crm.held[7], nights.schedule()) == (held, [])


@pytest.mark.parametrize("read_before", ["auto", "query", "off"])
def test_who_cannot_be_looked_at_is_left_alone_and_tried_again(
    read_before: str, nights: Nights, crm: Crm
) -> None:
    """Nothing is overwritten unseen: the row is not done, says so, and the next night has another try."""
    nights.worker.read_before = read_before
    nights.first(ends_today(7))
    crm.on_get[7] = answer(500)
    nights.monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")

    refused = nights.later("5,Away,,,")
    there = crm.held[7]
    del crm.on_get[7]
    again = nights.later()

    assert (refused.code, nights.told(refused)) == (3, [(7, "rejected", "before_unknown")])
    assert (there, crm.held[5]) == (AWAY, (NOT_PRESENT, ""))
    assert refused.summary["next"].startswith("presence-worker schedule ")
    assert nights.worker.follow(refused).code == 0
    assert (again.code, nights.told(again), crm.held[7]) == (0, [(7, "updated", None)], (PRESENT, ""))


@pytest.mark.parametrize("read_before", ["auto", "each", "query", "off"])
def test_the_requests_of_returns_are_announced(read_before: str, nights: Nights, server: RawServer) -> None:
    """A look and a PUT of each, whatever else is read before."""
    nights.worker.read_before = read_before
    nights.first(*map(ends_today, range(1, 4)))
    before = len(server.requests)

    ended = nights.later("5,Away,,,")

    said = [event for event in ended.events if event["event"] == "run.announced"]
    made = len(server.requests) - before
    assert [(each["final"], each["requests"]) for each in said] == [(False, made), (True, made)]


def test_an_unchanged_row_is_ours_as_well(nights: Nights, crm: Crm) -> None:
    """Who had it already when HR said so returns when HR says so."""
    crm.held[7] = AWAY
    first = nights.first(ends_today(7))

    nights.later()

    assert (first.summary["counts"]["unchanged"], crm.held[7]) == (1, (PRESENT, ""))


def test_protected_people_do_not_return_by_themselves(nights: Nights, crm: Crm) -> None:
    """Who has become protected since is left alone; that is said every night, until it is taken back."""
    nights.first(ends_today(7))
    (step,) = nights.worker("schedule").summary["schedule"]
    nights.monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PROTECTED_IDS", "[7]")

    ended, again = nights.later(), nights.later()
    nights.worker("schedule", "cancel", step["id"])

    assert [each.code for each in (ended, again, nights.later())] == [3, 3, 0]
    assert nights.told(ended) == nights.told(again) == [(7, "invalid", "protected")]
    assert crm.held[7] == AWAY


def test_returns_count_for_the_limits(nights: Nights, crm: Crm) -> None:
    """Half a department that comes back at once is looked at by somebody first."""
    nights.first(*map(ends_today, range(1, 4)))
    nights.monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "2")

    held = nights.later()
    there = [crm.held[number] for number in range(1, 4)]
    applied = nights.worker.follow(held)

    assert (held.code, there) == (5, [AWAY] * 3)
    assert (applied.code, [crm.held[number][0] for number in range(1, 4)]) == (0, [PRESENT] * 3)


def test_a_held_run_has_ended_nothing(nights: Nights) -> None:
    """As long as nobody applies it, the returns are still to come."""
    nights.first(*map(ends_today, range(1, 4)))
    nights.monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "2")
    nights.later()
    nights.monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "none")

    ended = nights.later()

    assert nights.told(ended) == [(number, "updated", None) for number in range(1, 4)]


def test_a_plan_shows_who_returns(nights: Nights, crm: Crm) -> None:
    """Before and after, like any other change; nothing is sent, and nothing is ended."""
    nights.first(ends_today(7))

    planned = nights.later(command="plan")

    changes = [(c["associate_id"], c["before_status"], c["status"]) for c in planned.summary["changes"]]
    assert changes == [(7, NOT_PRESENT, PRESENT)]
    assert planned.summary["changes"][0]["returns"] is True
    assert (crm.held[7], len(nights.schedule())) == (AWAY, 1)


def test_an_undo_takes_a_return_back(nights: Nights, crm: Crm) -> None:
    """Who is put back that way stays until somebody says otherwise."""
    nights.first(ends_today(7))
    nights.later()

    undone = nights.worker("undo", "last")

    assert (undone.code, crm.held[7], nights.schedule()) == (0, AWAY, [])


def test_an_undone_leave_does_not_end(nights: Nights, crm: Crm) -> None:
    """Nobody is away any more, so nobody returns."""
    nights.first(ends_today(7))
    nights.worker("undo", "last")
    crm.held[7] = AWAY  # by somebody else, in the same words

    ended = nights.later()

    assert (nights.told(ended), crm.held[7]) == ([], AWAY)


def test_an_undo_of_something_else_leaves_what_is_to_come(nights: Nights) -> None:
    """It is about the people it names, and nobody else."""
    nights.first(ends_today(7))
    nights.first("5,Away,,,")

    nights.worker("undo", "last")

    assert [(person, step) for person, step, _ in nights.schedule()] == [(7, "return")]


def test_a_return_that_was_not_sent_goes_on_with_resume(nights: Nights, crm: Crm) -> None:
    """It is a row of the run like the others."""
    nights.first(ends_today(7))
    nights.monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    crm.on_put = answer(500)

    failed = nights.later()
    crm.on_put = None
    resumed = nights.worker.follow(failed)

    assert (failed.code, resumed.code, crm.held[7]) == (3, 0, (PRESENT, ""))
    assert not (nights.worker.folder_of(failed) / "failed.csv").exists()


def test_a_leave_that_was_sent_only_with_resume_ends_as_well(nights: Nights, crm: Crm) -> None:
    """Also where other nights were in between, which had nothing to do with it."""
    crm.on_put = answer(401)
    stopped = nights.first(ends_today(7))
    crm.on_put = None
    nights.first("5,Away,,,")
    nights.worker("resume", stopped.summary["run_id"])
    there = crm.held[7]

    ended = nights.later()

    assert (stopped.code, there) == (6, AWAY)
    assert (nights.told(ended), crm.held[7]) == ([(7, "updated", None)], (PRESENT, ""))


def test_of_two_rows_that_ask_for_the_same_the_longer_one_counts(nights: Nights, crm: Crm) -> None:
    """One is sent and the other is its duplicate; the return comes after both, and is cancelled with both."""
    nights.first(ends_today(7), "7,Away,Kurs,,2099-01-01", ends_today(8), "8,Away,Kurs,,2099-01-01")
    awaited = nights.schedule()
    nights.worker("schedule", "cancel", nights.worker("schedule").summary["schedule"][0]["id"])

    ended = nights.later()

    assert awaited == [(7, "return", "2099-01-02"), (8, "return", "2099-01-02")]
    assert (nights.told(ended), crm.held[7]) == ([], AWAY)
    assert nights.schedule() == [(8, "return", "2099-01-02")]


def test_an_undo_brings_the_earlier_end_back(nights: Nights, crm: Crm) -> None:
    """The leave was extended by mistake: it ends when it was to end."""
    nights.first(ends_today(7))
    nights.first("7,Away,Longer,,2099-01-01")
    nights.worker("undo", "last")

    ended = nights.later()

    assert (nights.told(ended), crm.held[7]) == ([(7, "updated", None)], (PRESENT, ""))


def test_an_undo_takes_back_what_waits(nights: Nights, crm: Crm) -> None:
    """A wrong file does not act tomorrow; it is said how many rows waited."""
    nights.first("6,Away,Kurs,,", begins(7, TODAY + timedelta(days=1)))
    undone = nights.worker("undo", "last")

    ended = nights.later()

    assert "planned absences of that run are cancelled: 1" in undone.summary["notes"]
    assert (nights.told(ended), crm.held[7]) == ([], (PRESENT, ""))


def test_a_file_that_only_waits_is_taken_back_by_cancelling(nights: Nights) -> None:
    """There is nothing to undo yet, and the way on is named."""
    nights.first(begins(7, FAR))

    refused = nights.worker("undo", "last")

    assert (refused.code, "`schedule cancel`" in refused.summary["message"]) == (2, True)
    assert len(nights.worker.follow(refused).summary["schedule"]) == 1


# -- first days ----------------------------------------------------------------------------------------------


def test_a_leave_begins_by_itself(nights: Nights, crm: Crm) -> None:
    """On its first day, although the file of that night does not have it; and it ends on its own day."""
    waiting = nights.first(begins(7, TODAY + timedelta(days=1), FAR))
    awaited, there = nights.schedule(), crm.held[7]

    ended = nights.later()

    assert (waiting.code, waiting.summary["counts"]["skipped"], there) == (0, 1, (PRESENT, ""))
    assert waiting.summary["upcoming"][0]["from"] == str(TODAY + timedelta(days=1))
    assert awaited == [(7, "start", str(TODAY + timedelta(days=1)))]
    assert (ended.code, nights.told(ended), crm.held[7]) == (0, [(7, "updated", None)], AWAY)
    assert nights.schedule() == [(7, "return", str(FAR + timedelta(days=1)))]


def test_it_is_begun_once(nights: Nights, crm: Crm) -> None:
    """Who comes back early by hand is not sent away again."""
    nights.first(begins(7, TODAY + timedelta(days=1), FAR))
    nights.later()
    crm.held[7] = (PRESENT, "")

    ended = nights.later()

    assert (nights.told(ended), crm.held[7]) == ([], (PRESENT, ""))


def test_days_to_come_need_to_be_explained(nights: Nights) -> None:
    """Whether a file has only news decides what it means to be missing from the next one."""
    nights.monkeypatch.delenv("PRESENCE_WORKER_INPUT__COVERAGE")

    ended = nights.first(begins(7, FAR), "8,Away,,,", "9,Away,,,")

    lines = read_report(nights.worker.folder_of(ended))
    assert (ended.code, lines[0]["result"], lines[0]["reason"]) == (3, "invalid", "no_coverage")
    assert nights.schedule() == []


@pytest.mark.parametrize(("on_conflict", "code", "waits"), [("invalid", 3, 0), ("last", 0, 1)])
def test_two_wishes_for_one_first_day_are_told_at_once(
    on_conflict: str, code: int, waits: int, nights: Nights
) -> None:
    """Not weeks later, when nobody has the file any more."""
    nights.monkeypatch.setenv("PRESENCE_WORKER_INPUT__ON_CONFLICT", on_conflict)

    ended = nights.first(f"7,Away,Kurs,{FAR},", f"7,Away,Ferie,{FAR},", begins(8, FAR), begins(8, FAR))

    assert (ended.code, len(nights.schedule())) == (code, 2 + waits)
    reasons = [(each["result"], each["reason"], each["rows"]) for each in ended.summary["reasons"]]
    assert reasons == ([("invalid", "conflict", 2)] if code else [])


@pytest.mark.parametrize("command", ["apply", "resume"])
def test_what_is_over_by_the_time_is_not_sent(command: str, nights: Nights, crm: Crm) -> None:
    """A plan, or a run that stopped, is carried on a day later: nobody is sent away after their last day."""
    if command == "apply":
        nights.it_is(WEST)
        waiting = nights.worker("plan", nights.file(ends_today(7), "8,Away,Kurs,,"))
    else:
        crm.on_put = answer(401)
        waiting = nights.first(ends_today(7), "8,Away,Kurs,,")
        crm.on_put = None
    nights.it_is(EAST)

    ended = nights.worker(command, waiting.summary["run_id"])

    lines = read_report(nights.worker.folder_of(ended))
    assert [(line["result"], line["reason"]) for line in lines] == [
        ("skipped", "no_longer_due"),
        ("updated", None),
    ]
    assert (ended.code, crm.held[7], crm.held[8]) == (0, (PRESENT, ""), AWAY)


# -- newer files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newer", ["7,Away,Kurs,,2099-01-01", "7,Away,Kurs,,", "7,Away,Longer,,2099-01-01"])
def test_a_newer_row_replaces_what_was_to_come(newer: str, nights: Nights, crm: Crm) -> None:
    """Also one that changes nothing, and one without days."""
    nights.first(ends_today(7))

    ended = nights.later(newer)

    assert (ended.code, nights.told(ended)) == (0, [])
    assert (crm.held[7][0], len(nights.schedule())) == (NOT_PRESENT, int("2099" in newer))


def test_a_file_of_everyone_drops_what_it_no_longer_has(nights: Nights) -> None:
    """It is said who; a leave that has begun still ends."""
    nights.monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "everyone")
    nights.first(begins(7, FAR), begins(8, FAR), "6,Away,Kurs,,2099-01-01")

    ended = nights.later(begins(8, FAR), "5,Present,,,")

    assert [(row["associate_id"], row["from"]) for row in ended.summary["dropped"]] == [(7, "2099-01-01")]
    assert nights.schedule() == [(8, "start", "2099-01-01"), (6, "return", "2099-01-02")]


@pytest.mark.parametrize("header", ["associateId,status\n", HEADER])
def test_a_file_of_another_kind_drops_nothing(header: str, nights: Nights) -> None:
    """A file without days, fed by hand, and a failed.csv are not about everyone."""
    nights.monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "everyone")
    nights.first(begins(7, FAR))
    row = "5,Away" if header != HEADER else "5,Away,,,"
    back = "" if header != HEADER else "_result,_reason,_detail,_http_status,_attempts,_line"

    columns = f"{header.strip()},{back}\n" if back else header
    ended = nights.later(f"{row},failed,timeout,,,," if back else row, header=columns)

    assert (ended.code, ended.summary.get("dropped", [])) == (0, [])
    assert nights.schedule() == [(7, "start", "2099-01-01")]


@pytest.mark.parametrize(
    ("row", "drops"),
    [("user7,Quux,,2099-01-01,", 0), ("user7,Away,,2099-02-31,", 0), ("user7,IGN,,2099-01-01,", 1)],
)
def test_who_is_in_the_file_is_not_missing_from_it(
    row: str, drops: int, server: RawServer, crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However wrong the row is; but a row that is mapped to ignore is as if it were not there."""
    crm.cells = {number: {"userName": f"user{number}", "assocName": f"u{number}"} for number in crm.held}
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "everyone")
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__STATUSES", '{"IGN": "ignore"}')
    nights = Nights(on(server), monkeypatch)
    header = "login,status,message,from,until\n"
    nights.first("user7,Away,,2099-01-01,", header=header)

    ended = nights.later(row, "user5,Present,,,", header=header)

    assert [(each["associate_id"], each["why"]) for each in ended.summary["dropped"]] == (
        [(7, "not_in_file")] * drops
    )
    assert nights.schedule() == [(7, "start", "2099-01-01")] * (1 - drops)


# -- schedule ------------------------------------------------------------------------------------------------


def test_what_is_cancelled_does_not_come(nights: Nights, crm: Crm) -> None:
    """Neither a first day nor a return."""
    nights.first(ends_today(7), begins(8, TODAY + timedelta(days=1)))
    ids = [step["id"] for step in nights.worker("schedule").summary["schedule"]]

    cancelled = nights.worker("schedule", "cancel", *ids)
    ended = nights.later()

    assert [entry["id"] for entry in cancelled.summary["cancelled"]] == ids
    assert (ended.code, nights.told(ended)) == (0, [])
    assert (crm.held[7], crm.held[8]) == (AWAY, (PRESENT, ""))


def test_an_id_that_is_none_cancels_nothing(nights: Nights) -> None:
    """All of them or none; and where to look is said."""
    nights.first(ends_today(7))
    (step,) = nights.worker("schedule").summary["schedule"]

    refused = nights.worker("schedule", "cancel", step["id"], "20200101T000000Z-0000.1")

    assert (refused.code, len(nights.schedule())) == (2, 1)
    assert "20200101T000000Z-0000.1: no planned absence has this ID" in refused.summary["message"]
    assert nights.worker.follow(refused).summary["schedule"] == [step]


def test_it_is_a_table_for_people(nights: Nights) -> None:
    """When, who, what, and what to call it; in 80 columns."""
    nights.first(ends_today(7), begins(8, FAR))

    shown = nights.worker.call("schedule", *nights.worker.options_of("schedule")).out.splitlines()

    assert [line.split()[:4] for line in shown] == [
        ["ON", "WHO", "WHAT", "ID"],
        [str(max(TODAY + timedelta(days=1), today(WEST))), "7", "present", "again"],
        ["2099-01-01", "8", "StatusNotAvailable", nights.worker("schedule").summary["schedule"][1]["id"]],
    ]
    assert max(map(len, shown)) <= 80


def test_nothing_is_to_come_at_first(nights: Nights) -> None:
    """An empty schedule is said to be so, and is an empty list for programs."""
    shown = nights.worker.call("schedule", *nights.worker.options_of("schedule"))

    assert (shown.code, shown.out) == (0, "No planned absences.\n")
    assert nights.schedule() == []


def test_it_belongs_to_one_superoffice(nights: Nights) -> None:
    """Without a target there is no schedule to show; another target has none of ours."""
    nights.first(ends_today(7))
    state = ("--state-dir", str(nights.worker.state), "--json")

    nowhere = nights.worker.call("schedule", *state)
    elsewhere = nights.worker.call("schedule", "--base-url", "https://crm.example.com", *state)
    wrong = nights.worker.call("schedule", "--base-url", "http://crm.example.com", *state)

    assert (nowhere.code, elsewhere.code, elsewhere.summary["schedule"]) == (2, 0, [])
    assert (wrong.code, "target.base_url" in wrong.summary["message"]) == (2, True)


# -- prune ---------------------------------------------------------------------------------------------------


def pruned(nights: Nights) -> dict[str, Any]:
    """Delete all runs that may go; give what `prune` told."""
    nights.monkeypatch.setenv("PRESENCE_WORKER_STORAGE__KEEP", "0.001")
    return nights.worker("prune").summary


def test_prune_keeps_runs_of_which_something_is_to_come(nights: Nights) -> None:
    """However old; once that is over they go like all others."""
    first, other = nights.first(ends_today(7)), nights.first("5,Away,,,")

    before = pruned(nights)
    nights.later()
    after = pruned(nights)

    kept = [(each["run_id"], each["why"]) for each in before["kept_though_old"]]
    assert kept == [(first.summary["run_id"], "it has planned absences, which `schedule` lists")]
    assert before["pruned"] == [other.summary["run_id"]]
    assert (len(after["pruned"]), after["kept_though_old"]) == (2, [])


def test_prune_keeps_the_run_that_has_begun_a_leave(nights: Nights, crm: Crm) -> None:
    """Else it would be begun once more: who came back by hand would be sent away."""
    first = nights.first(begins(7, TODAY + timedelta(days=1), FAR))
    begun = nights.later()

    kept = [each["run_id"] for each in pruned(nights)["kept_though_old"]]
    crm.held[7] = (PRESENT, "")
    ended = nights.later()

    assert kept == [first.summary["run_id"], begun.summary["run_id"]]
    assert (nights.told(ended), crm.held[7]) == ([], (PRESENT, ""))


def test_what_a_deleted_run_had_replaced_does_not_come_back(nights: Nights, crm: Crm) -> None:
    """An old run that stays for somebody else's sake knows what is over."""
    first = nights.first(ends_today(7), begins(8, FAR))
    newer = nights.first("7,Away,Kurs,,")

    told = pruned(nights)
    ended = nights.later()

    assert (told["pruned"], len(told["kept_though_old"])) == ([newer.summary["run_id"]], 1)
    assert told["kept_though_old"][0]["run_id"] == first.summary["run_id"]
    assert (nights.told(ended), crm.held[7]) == ([], AWAY)


# -- people by name ------------------------------------------------------------------------------------------


def test_people_named_by_login_begin_and_return(
    server: RawServer, crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a name means is found out when the file is read, also of those who still wait."""
    crm.cells = {number: {"userName": f"user{number}", "assocName": f"u{number}"} for number in crm.held}
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "changes")
    nights = Nights(on(server), monkeypatch)
    header = "login,status,message,from,until\n"
    tomorrow = TODAY + timedelta(days=1)
    nights.first(f"user7,Away,Kurs,,{TODAY}", f"USER8,Away,Kurs,{tomorrow},", header=header)

    ended = nights.later("user9,Present,,,", header=header)

    assert (ended.code, nights.told(ended)) == (0, [(7, "updated", None), (8, "updated", None)])
    assert (crm.held[7], crm.held[8]) == ((PRESENT, ""), AWAY)


def test_a_stranger_who_is_to_begin_later_is_told_today(
    server: RawServer, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are weeks to mend it then."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "changes")
    nights = Nights(on(server), monkeypatch)

    ended = nights.first("nobody,Away,,2099-01-01,", header="login,status,message,from,until\n")

    (line,) = read_report(nights.worker.folder_of(ended))
    assert (ended.code, line["result"], line["reason"]) == (3, "invalid", "unknown_identity")


# -- files without days --------------------------------------------------------------------------------------


def test_a_damaged_run_stands_in_the_way_only_where_something_is_to_come(nights: Nights) -> None:
    """It may have been the one that extended a leave: nobody is brought back on a guess."""
    nights.first(ends_today(7))
    damaged = nights.first("5,Away,,,")
    (nights.worker.folder_of(damaged) / "journal.sqlite").write_bytes(b"no journal" * 1000)

    refused = nights.later()

    assert (refused.code, refused.summary["state"]) == (2, "refused")
    assert f"run {damaged.summary['run_id']} may have changed planned absences" in refused.summary["message"]


def test_a_run_without_days_knows_nothing_of_them(nights: Nights, server: RawServer) -> None:
    """Its row files have no such fields, and no file of it is read for them again."""
    ended = nights.worker("run", write_csv(nights.worker.folder / "plain.csv", away([5])))

    (line,) = read_report(nights.worker.folder_of(ended))
    assert not {"from", "until", "scheduled_by"} & {*line}
    assert ended.summary["upcoming"] == []
    assert wishes(server)[-1] == (5, NOT_PRESENT, "back on 5")
