"""What `check --explain` prints is pasted: the file that was refused is read then."""

import io
import re
import tomllib
from pathlib import Path

import pytest

from presence_worker.settings import Input
from tests.matrix.index import FILES, Case, cases
from tests.matrix.make import LARGE
from tests.run.given import Worker

CHOICE = re.compile(r"# ([^=#]+) = (?!\"\.\.\.\")")
ACCEPTED = (0, 3)
KINDS = {  # name of a file: what it has; each is refused, and the section that is printed lets it be read
    "unknown-statuses.csv": "login,status\na,SICK\nb,Urlaubb\nc,FLEX\nd,KUR\ne,PT\nf,XX\ng,YY\n",
    "title-and-dates.csv": "Leave 2026\n\nlogin;status;from;until\n"
    + "".join(f"a{n};Away;{n}.12.2026;31.12.2026\n" for n in range(1, 9)),
    "two-names.csv": "login,mail,status\na,a@x.no,Away\n",
    "two-messages.csv": "login,status,message,comment\na,Away,x,y\n",
    "no-status.csv": "login,Department\na,HR\n",
    "hr-numbers.csv": "Personalnr,Anwesenheit\n7,Urlaub\n",
    "all-at-once.csv": "Personalnr;Von;Bis\n" + "".join(f"{n};1/12/26;{n}/13/26\n" for n in range(1, 9)),
    "months.csv": "login,status,until\n" + "".join(f"a{n},Away,{n}. Dezember 2026\n" for n in range(1, 9)),
    "several-ways.csv": "login,status,until\n"
    + "".join(f"a{n},Away,{n}.12.2026\nb{n},Away,{n}.12.26\n" for n in range(13, 19)),
    "midnight.csv": "login,status,until\n" + "".join(f"a{n},Away,2026-12-0{n}T00:00\n" for n in range(1, 9)),
    "offset.csv": "login,status,until\n" + "".join(f"a{n},Away,2026-12-0{n}T23:00Z\n" for n in range(1, 9)),
    "no-end.csv": "login,status,until\n" + "".join(f"a{n},Away,-\nb{n},Away,open\n" for n in range(1, 9)),
    "zeros.csv": "login,status,until\n" + "".join(f"a{n},Away,0000-00-00\n" for n in range(1, 9)),
    "mixed-order.csv": "login,status,until\na,Away,2026-12-31\n"
    + "".join(f"a{n},Away,12/{n}/2026\n" for n in range(13, 19)),
    "two-arrays.json": '{"fields": [{"id": 1}], "employees": [{"login": "a", "status": "Away"}]}',
    "deep-array.json": '{"data": {"all": {"nodes": [{"login": "a", "status": "Away"}]}}}',
    "deep-fields.json": '{"data": [{"who": {"email": "a@b.no"}, "state": {"status": {"value": "Away"}}}]}',
    "status-is-an-object.json": '[{"login": "a", "status": {"status": "Away", "id": 1}}]',
    "numbers-above-objects.json": '{"5": {"status": "Away"}, "6": {"status": "Away"}}',
    "all-people.csv": "login,status\n" + "".join(f"a{n},\nb{n},Away\n" for n in range(1, 9)),
    "approval.csv": "login,status,Approval status\na,Away,Approved\nb,Away,Pending\n",
    "deleted.csv": "login,status,isDeleted\na,Away,false\nb,Away,true\n",
    "negative.csv": "login,status,from,until,Days\na,Away,,,2\na,Away,,,-2\n",
    "row-per-day.csv": "login,status,Date\na,Away,2026-12-01\nb,Away,2026-12-02\n",
    "hired.csv": "login,status,from,until\na,Normal,2020-01-01,\nb,Away,2019-01-01,2027-01-01\n",
    "leave.csv": "login,Leave type,Approval status,from,Return date\na,Vacation,Approved,2026-12-01,\n",
    "deep.json": '{"a": {"b": {"c": [{"person": {"mail": "a@x.no"}, "status": "Away"}]}}}',
    "half.json": '{"total": 9, "value": [{"mail": "a@x.no", "status": "Away"}]}',
    "keyed.json": '{"12": {"status": "Away"}}',
    "coverage.csv": "login,status,from\n" + "".join(f"a{n},Away,2999-12-01\n" for n in range(9)),
}
SETTINGS = {"half.json": 'coverage = "everyone"'}  # with which one is refused
REFUSED = [case for case in cases() if case.refused and case.file not in LARGE]
MATRIX = [case for case in cases() if case.file not in LARGE and not case.input]


def named(case: Case) -> str:
    """Give a case's name among the tests."""
    return case.file


def section_for(job: Path, worker: Worker, *words: str) -> str:
    """Give the section that is printed for a job."""
    found: str = worker("check", job, "--explain", *words).summary["explained"]["configuration"]
    return found


def chosen(section: str) -> str:
    """Take the first choice of each setting that the reader has to decide."""
    lines = section.splitlines()
    said = {line.partition(" = ")[0] for line in lines if not line.startswith("# ")}
    for place, line in enumerate(lines):
        choice = CHOICE.match(line)
        if choice and choice[1] not in said and "  # recognised;" not in line:
            lines[place] = line.removeprefix("# ")
            said.add(choice[1])
    return "\n".join(lines)


def pasted(section: str, worker: Worker) -> tuple[str, str]:
    """Give the options that name a configuration with this section."""
    config = worker.folder / "pasted.toml"
    config.write_text(section, "utf-8")
    return "--config", str(config)


@pytest.mark.parametrize("name", KINDS)
def test_the_section_lets_a_refused_file_be_read(name: str, worker: Worker) -> None:
    """With the first of the choices that are left; it is complete, however many faults hide one another."""
    job = worker.folder / name
    job.write_text(KINDS[name], "utf-8")
    before = pasted(f"[input]\n{SETTINGS.get(name, '')}", worker)
    refused = worker("check", job, *before)

    section = section_for(job, worker, *before)
    ended = worker("check", job, *pasted(chosen(section), worker))

    assert refused.code == 4
    assert ended.code in ACCEPTED, f"{ended.summary['message']}\n{section}"


def test_of_a_file_that_no_setting_helps_nothing_is_pasted(worker: Worker) -> None:
    """It is no list of rows; a section would only mislead."""
    job = worker.folder / "job.parquet"
    job.write_bytes(b"PAR1\x15\x04\x15PAR1")

    shown = worker.call("check", str(job), "--explain")

    assert shown.code == 4
    assert "\nNo setting makes this file readable. Change the file, or its export.\n" in shown.out
    assert "[input]" not in shown.out


def test_it_is_said_where_the_section_is_not_enough(worker: Worker) -> None:
    """Other faults than those that a setting answers have to be corrected first."""
    job = worker.folder / "job.csv"
    job.write_text("Leave 2026\n\nlogin;status\n" + ";Away\n" * 9)

    shown = worker.call("check", str(job), "--explain")

    assert "With these settings the file is still refused: 9 of 9 rows are invalid" in shown.out
    assert "skip_lines = 2" in shown.out


def test_standard_input_is_asked_once(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is gone then: what is asked first is answered, and it is said that there may be more."""
    text = KINDS["title-and-dates.csv"].encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))

    shown = worker.call("check", "-", "--explain")

    assert shown.code == 4
    assert "skip_lines = 2" in shown.out
    assert (
        "With these settings the file is still refused: standard input can be read only\n  once; check a file"
        in shown.out
    )


@pytest.mark.parametrize("case", MATRIX, ids=named)
def test_the_section_never_makes_a_file_worse(case: Case, worker: Worker) -> None:
    """It is valid whatever the file is; one that can be read is read in the same way with it."""
    job = FILES / case.file

    before = worker("check", job, "--explain")
    section = before.summary["explained"]["configuration"]
    after = worker("check", job, *pasted(section, worker))

    assert Input.model_validate(tomllib.loads(section)["input"])
    if before.code in ACCEPTED:
        assert (after.code, after.summary["counts"]) == (before.code, before.summary["counts"]), section


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_it_is_known_whether_the_section_is_enough(case: Case, worker: Worker) -> None:
    """With the first choices a refused file is read, or it was said that it is not."""
    job, before = FILES / case.file, pasted(case.text, worker)

    explained = worker("check", job, "--explain", *before).summary["explained"]
    ended = worker("check", job, *pasted(chosen(explained["configuration"]), worker))

    assert (ended.code in ACCEPTED) == (explained["still_refused"] is None), explained["configuration"]
