"""How long the next run takes, and what is in its way."""

from datetime import datetime, time
from math import inf

import pytest

from presence_worker.doctor.duration import judge_moment, judge_pace, judge_speed
from presence_worker.doctor.probe import Severity
from presence_worker.model import NOT_PRESENT, Presence
from presence_worker.sandbox import Assumptions, People, Person
from presence_worker.settings import Delivery
from presence_worker.superoffice.online_hints import ZONE
from tests.run.given import away, write_csv

from .given import Doctor, service_up

HOUR = 3600.0  # seconds


def people_of_whom_some_are_away() -> People:
    """Give twenty people; five of them are away."""
    gone = Person(presence=Presence(status=NOT_PRESENT, message="ill"))
    return People(20, dict.fromkeys(range(1, 6), gone))


@pytest.mark.parametrize(
    ("seconds", "deadline", "verdict", "words"),
    [
        (90.0, None, Severity.OK, "the rows take long"),
        (2 * HOUR, 2 * HOUR, Severity.OK, "the rows take long"),
        (2 * HOUR + 1, 2 * HOUR, Severity.WARNING, "but delivery.deadline is 2 h"),
        (90.0, time(6), Severity.OK, "To end by 06:00, start the run by 05:58"),
        (2 * HOUR, time(1, 30), Severity.OK, "To end by 01:30, start the run by 23:30"),
        (25 * HOUR, time(6), Severity.WARNING, "That is more than 24 hours"),
    ],
)
def test_a_run_has_to_end_in_time(
    seconds: float, deadline: float | time | None, verdict: Severity, words: str
) -> None:
    """Longer than the deadline is a warning; a time of day is a matter of when it begins."""
    said = judge_pace("the rows take long", seconds, deadline, "go faster")

    assert said.verdict is verdict
    assert words in said.words
    assert (said.remedy is None) == (verdict is Severity.OK)


@pytest.mark.parametrize(
    ("options", "unknowns", "told"),
    [
        ((), Assumptions(), "28 requests: about 2.8 s at 10/s"),
        (("--rate", "2"), Assumptions(), "28 requests: about 14 s at 2/s"),
        (("--read-before", "each"), Assumptions(), "40 requests: about 4.0 s at 10/s"),
        (("--read-before", "query"), Assumptions(), "23 requests: about 2.3 s at 10/s"),
        (("--read-before", "off"), Assumptions(), "20 requests: about 2.0 s at 10/s"),
    ],
)
def test_each_request_takes_its_time(
    options: tuple[str, ...], unknowns: Assumptions, told: str, doctor: Doctor
) -> None:
    """Twenty users, five of them away: a change of each, three pages of the query, and who is looked at."""
    with service_up(people_of_whom_some_are_away(), assumptions=unknowns) as sandbox:
        examined = doctor(sandbox.url, *options)

    assert examined.told("rate").words == f"all 20 users of Service take up to {told}"


@pytest.mark.parametrize("how", ["auto", "each", "query", "off"])
def test_what_doctor_says_is_what_a_run_takes(how: str, doctor: Doctor) -> None:
    """Before the first job at most so many requests; later, as many as the last one took."""
    job, options = write_csv(doctor.worker.folder / "job.csv", away(range(1, 21))), ("--read-before", how)
    where = ("--state-dir", str(doctor.state), "--rate", "1000", "--max-changes", "none", "--json")
    with service_up(people_of_whom_some_are_away()) as sandbox:
        before = doctor(sandbox.url, *options).told("rate").words
        ran = doctor.worker.call("run", str(job), "--base-url", sandbox.url, *options, *where)
        after = doctor(sandbox.url, *options).told("rate").words

    number = sum(ran.summary["requests"].values())
    assert f"take up to {number} requests: about" in before
    assert after == f"the 20 rows of the last job took {number} requests: about {number / 10:.1f} s at 10/s"


@pytest.mark.parametrize("setting", ['read_before = "query"', 'verify = "all"'])
def test_other_settings_make_another_number(setting: str, doctor: Doctor) -> None:
    """What the last job took says nothing then but how many rows to expect."""
    job, state = str(write_csv(doctor.worker.folder / "job.csv", away(range(1, 5)))), str(doctor.state)
    with service_up() as sandbox:
        doctor.worker.call("run", job, "--base-url", sandbox.url, "--state-dir", state, "--rate", "1000")
        doctor.configure(f"[delivery]\n{setting}\n")
        words = doctor(sandbox.url).told("rate").words

    assert words.startswith("the 4 rows of the last job take up to ")


def test_each_read_back_takes_its_time(doctor: Doctor) -> None:
    """Twenty rows at ten a second, each of them read back."""
    doctor.configure('[delivery]\nverify = "all"\n')
    with service_up() as sandbox:
        examined = doctor(sandbox.url)

    assert examined.told("rate").words.endswith("take up to 43 requests: about 4.3 s at 10/s")


@pytest.mark.parametrize(
    ("latency", "words"),
    [
        (
            0.035,
            "The limit is 10 requests/s. In the last job a request took 35 ms on average, so 8 at once ",
        ),
        (0.7, None),
        (2.0, "so 8 at once can do at most 4 of 10 requests/s. A higher concurrency is your decision"),
    ],
)
def test_it_tells_which_setting_decides(latency: float, words: str | None) -> None:
    """The rate, the requests in flight, or neither: where they fit together nothing is said."""
    said = judge_speed(Delivery(), latency)

    assert (said is None) == (words is None)
    assert (words or "") in (said or "")
    assert said is None or "the limit of SuperOffice is not known" in said


def test_the_last_job_tells_how_long_the_next_one_takes(doctor: Doctor) -> None:
    """A service that takes 0.3 s lets one in flight do no more than three requests a second."""
    job, state = str(write_csv(doctor.worker.folder / "job.csv", away(range(1, 5)))), str(doctor.state)
    doctor.configure('[delivery]\ndeadline = "1s"\n')
    with service_up(latency=0.3) as sandbox:
        doctor.worker.call("run", job, "--base-url", sandbox.url, "--state-dir", state)
        fast, slow = (doctor(sandbox.url, "--concurrency", number).told("rate") for number in ("8", "1"))

    took = "the 4 rows of the last job took 7 requests: about"
    assert (fast.words, fast.verdicts) == (f"{took} 0.7 s at 10/s", ["ok"])
    assert slow.words.startswith(f"{took} 2.")
    assert (slow.verdicts, slow.remedies[:26]) == (["warning"], "raise delivery.concurrency")


def test_with_nothing_known_nothing_is_said(doctor: Doctor) -> None:
    """Neither an earlier job nor the users."""
    with service_up(assumptions=Assumptions(no_query=True)) as sandbox:
        assert doctor(sandbox.url).verdict("rate") == "skipped"


@pytest.mark.parametrize(
    ("hour", "seconds", "verdict"),
    [(12, 60.0, Severity.OK), (2, 60.0, Severity.WARNING), (12, inf, Severity.WARNING)],
)
def test_maintenance_is_told(hour: int, seconds: float, verdict: Severity) -> None:
    """By the moment it is, and the time it takes; with when it is better."""
    moment = datetime(2026, 11, 25, hour, tzinfo=ZONE)  # a Wednesday

    said = judge_moment(moment, seconds)

    assert said.verdict is verdict
    assert (said.remedy is None) == (verdict is Severity.OK)
