"""`check`: says what `run` would say, and leaves no trace."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.run.given import Row, Worker, away, write_csv

TWICE = ['{"login": "a", "status": "Away"}'] * 2
MESSY = Path(__file__).parents[2] / "config" / "examples" / "messy.csv"


@pytest.mark.parametrize(
    ("text", "code", "state"),
    [
        ("1,Away\n2,Normal\n", 0, "checked"),
        ("1,Away\nx,Away\n", 3, "checked"),
        ("1,Away\n1,Normal\n", 3, "checked"),
        ("x,Away\n" * 6, 4, "refused"),
        ("", 4, "refused"),
        ('1,"Away\n', 4, "refused"),
    ],
)
def test_it_ends_as_run_would_and_leaves_no_trace(
    text: str, code: int, state: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0, 3 or 4, without a target or credentials; nothing is stored, not even a directory."""
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__USERNAME")
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__PASSWORD")
    Path("job.csv").write_text(f"associateId,status\n{text}")

    ended = worker.call("check", "job.csv", "--state-dir", str(worker.state), "--json")

    summary = ended.summary
    assert (ended.code, summary["exit_code"], summary["state"], summary["run_id"]) == (
        code,
        code,
        state,
        None,
    )
    assert [path.name for path in worker.folder.iterdir()] == ["job.csv"]
    assert not [path for path in Path.home().rglob("*") if path.is_file()]
    assert (summary["next"] is None) == (code == 0)


def test_it_sends_nothing(worker: Worker, sandbox: Sandbox) -> None:
    """Also where a target is configured, it is not asked."""
    ended = worker("check", write_csv(worker.folder / "job.csv", away([1])))

    assert (ended.code, ended.summary["target"], list(sandbox.record)) == (0, None, [])


def test_it_names_each_row_that_is_wrong(worker: Worker) -> None:
    """Where, and what is wrong with it; `run` counts the same."""
    shutil.copy(MESSY, "messy.csv")

    checked = worker("check", "messy.csv")
    ran = worker("run", "messy.csv")

    assert [(fault["line"], fault["reason"]) for fault in checked.summary["faults"]] == [
        (5, "bad_associate_id"),
        (10, "unknown_status"),
        (16, "status_not_allowed"),
        (23, "message_too_long"),
        (29, "control_characters"),
        (42, "conflict"),
        (65, "conflict"),
        (76, "ragged_row"),
    ]
    assert (checked.code, ran.code) == (3, 3)
    assert checked.summary["counts"]["invalid"] == ran.summary["counts"]["invalid"]
    assert checked.summary["notes"] == ran.summary["notes"]
    assert [note for note in checked.summary["notes"] if "users who are present is not sent" in note]


def test_people_see_the_rows_as_well(worker: Worker) -> None:
    """There is no report to look into: what is wrong is on the screen, and where."""
    wrong: list[Row] = [("5", "Away", "x" * 256), *((f"x{number}", "Away", "") for number in range(60))]
    rows = [*away(range(1, 1000)), *wrong]

    ended = worker.call("check", str(write_csv(worker.folder / "job.csv", rows)))

    assert ended.code == 3
    assert (
        "       60  no valid associate ID\n"
        "             the associateId … is not a number: 60 rows, such as x0 on line\n"
        "               1002; write a whole number from 1 to 2147483647\n"
        "        1  comment is too long\n"
        "             line 1001: the comment has 256 characters; shorten it to 255\n"
        "         Correct the rows in the file, then run it.\n"
    ) in ended.out
    assert "      999  not_sent   to be sent" in ended.out
    assert "resume" not in ended.out
    assert max(len(line) for line in ended.out.splitlines() if str(worker.folder) not in line) <= 80


def test_rows_of_which_the_same_is_to_be_said_share_a_line(worker: Worker) -> None:
    """Nobody reads one sentence ten times; where all are on one line, rows are counted."""
    Path("job.csv").write_text("associateId,status\n1,A\n2,Away\n3,B\n")
    rows = ", ".join(f'{{"associateId": {n}, "status": "{s}"}}' for n, s in ((1, "A"), (2, "B"), (0, "Away")))
    Path("job.json").write_text(f"[{rows}]")

    ended = [worker.call("check", name, "--max-invalid", "none") for name in ("job.csv", "job.json")]

    assert "lines 2, 4: the status is unknown; write StatusNormal" in ended[0].out
    assert "rows 1, 2: the status is unknown; write StatusNormal" in ended[1].out
    assert "row 3: the associateId '0' is out of range" in ended[1].out


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"login": "", "status": "Away"}, {"login": "b", "status": "Away"}]', "row 1"),
        ('[{"login": "a", "status": "Away"}, {"login": "", "status": "Away"}]', "row 2"),
        ('[\n{"login": "a", "status": "Away"},\n{"login": "", "status": "Away"}]', "line 3"),
        ('{"login": "a", "status": "Away"}\n{"login": "", "status": "Away"}', "line 2"),
        (f'[\n{", ".join(TWICE)}, {{"login": "", "status": "Away"}}]', "row 3"),
    ],
)
def test_a_row_is_told_by_its_line_where_that_is_its_own(text: str, place: str, worker: Worker) -> None:
    """Where others stand on the same line, rows are counted: also if only one is wrong."""
    Path("job.json").write_text(text)

    ended = worker.call("check", "job.json", "--max-invalid", "none", "--explain")

    assert f"             {place}: no login" in ended.out
    assert f"  {place}: no person, StatusNotAvailable: no login" in ended.out


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (["2000-01-01", "2999-01-01"], "1 of 2 rows can be sent now. 1 is skipped."),
        (["2999-01-01", "2000-01-01", "", "2999-01-01"],
         "2 of 4 rows can be sent now. 2 are skipped."),
        (["2999-01-01"], "Nothing to send now: the row is skipped."),
        (["2999-01-01", "2999-01-01"], "Nothing to send now: 2 of 2 rows are skipped."),
        (["x", "2000-01-01"], "1 of 2 rows is invalid. `run` would send the other."),
        (["x", "", "y", ""], "2 of 4 rows are invalid. `run` would send the others."),
        (["x", "2999-01-01", ""],
         "1 of 3 rows is invalid. `run` would send 1 and skip 1."),
        (["x", "2999-01-01"], "1 of 2 rows is invalid. Nothing is left to send."),
        (["x"], "The row is invalid. Nothing is left to send."),
    ],
)  # fmt: skip
def test_it_says_how_many_rows_can_be_sent_now(days: list[str], message: str, worker: Worker) -> None:
    """Rows that are not due are neither wrong nor to be sent: a number that holds tomorrow is none."""
    config = worker.folder / "settings.toml"
    config.write_text('[input]\nfrom = "from"\ncoverage = "changes"\n')
    rows = "".join(f"{number},Away,{day}\n" for number, day in enumerate(days, 1))
    Path("job.csv").write_text(f"associateId,status,from\n{rows}")

    ended = worker("check", "job.csv", "--config", str(config), "--max-invalid", "none")

    assert ended.summary["message"] == message


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["Abteilung", "\x1b[31mBemerkung", "", "x"], "Abteilung, [31mBemerkung, (no name), x"),
        ([f"n{number}" for number in range(13)], "n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 3 more"),
    ],
)
def test_columns_that_are_not_used_are_named(names: list[str], shown: str, worker: Worker) -> None:
    """A column that is meant to be used, and is not, changes what happens: each night says so."""
    head, row = ",".join(["associateId", *names, "status"]), ",".join(["1", *["x"] * len(names), "Away"])
    Path("job.csv").write_text(f"{head}\n{row}\n")

    checked, ran = worker("check", "job.csv"), worker("run", "job.csv")

    assert checked.summary["notes"] == [f"columns not used: {shown} (kept for failed.csv)"]
    assert ran.summary["notes"] == checked.summary["notes"]
    assert ran.summary["unused_columns"] == names


def test_more_pages_are_told(worker: Worker) -> None:
    """A page of an answer is not all there is, and the note names what says so."""
    rows = '"value": [{"associateId": 1, "status": "Away"}]'
    for name in ("odata.nextLink", "@odata.nextLink", "nextLink"):
        Path(f"{name}.json").write_text(f'{{{rows}, "{name}": "https://x"}}')
    Path("both.json").write_text(f'{{"nextLink": "x", "odata.nextLink": "x", {rows}}}')
    Path("last.json").write_text(f'{{"nextLink": null, {rows}}}')

    notes = {path.stem: worker("check", path).summary["notes"] for path in sorted(Path().glob("*.json"))}

    words = "the file says that there are more pages ({}). Only this one was read"
    where = "the rows are in value (the only array of objects)"
    assert notes.pop("last") == [where]
    assert notes.pop("both") == [where, words.format("nextLink, odata.nextLink")]
    assert notes == {name: [where, words.format(name)] for name in notes}


def test_all_faults_are_named_to_programs(worker: Worker) -> None:
    """However many there are; the first of each kind are also beside their number."""
    rows: list[Row] = [*((f"x{number}", "Away", "") for number in range(2100)), ("5", "?", "")]

    ended = worker("check", write_csv(worker.folder / "job.csv", rows), "--max-invalid", "none")

    kinds = [
        (kind["reason"], kind["rows"], [fault["row"] for fault in kind["first"]])
        for kind in ended.summary["reasons"]
    ]
    assert [fault["row"] for fault in ended.summary["faults"]] == [*range(1, 2102)]
    assert ended.summary["counts"]["invalid"] == 2101
    assert kinds == [("bad_associate_id", 2100, [*range(1, 11)]), ("unknown_status", 1, [2101])]


@pytest.mark.parametrize(
    ("rows", "words", "number"),
    [
        ([1], "1 row can be sent.", "1 row"),
        ([1, 2], "All 2 rows can be sent.", "2 rows"),
        (range(1, 1001), "All 1 000 rows can be sent.", "1 000 rows"),
    ],
)
def test_a_job_without_fault_is_said_to_be_one(
    rows: Sequence[int], words: str, number: str, worker: Worker
) -> None:
    """A short answer, and how the file was read."""
    job = write_csv(worker.folder / "job.csv", away(rows), "\t")

    ended = worker.call("check", str(job))

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{words}\n")
    assert ended.out.endswith(f"\n\nInput: {job}: {number}, csv, utf-8, delimiter tab\n")


def test_people_named_otherwise_are_not_looked_up(worker: Worker, sandbox: Sandbox) -> None:
    """What is right with a job of logins is said with the one thing `check` cannot know."""
    Path("job.csv").write_text("login,status\nanna,Away\nbo,Away\nANNA,Away\n")

    ended = worker("check", "job.csv")

    summary = ended.summary
    assert (ended.code, summary["message"]) == (
        0,
        "All 3 rows can be sent, if SuperOffice has these users.",
    )
    assert summary["notes"] == ["check does not look for users: `plan` and `run` find the user of each login"]
    assert (summary["counts"]["duplicate"], summary["counts"]["not_sent"]) == (1, 2)
    assert list(sandbox.record) == []


def test_the_same_name_twice_is_told_early(worker: Worker) -> None:
    """Rows with one name, in whatever case, that disagree need not wait for SuperOffice to be seen."""
    Path("job.csv").write_text("mail,status\nå@x.no,Away\nb@x.no,Away\nÅ@X.NO,Normal\nc,Away\n", "utf-8")

    ended = worker("check", "job.csv")

    faults = [(fault["line"], fault["identity"], fault["reason"]) for fault in ended.summary["faults"]]
    assert ended.code == 3
    assert faults == [(2, "å@x.no", "conflict"), (4, "Å@X.NO", "conflict"), (5, "c", "no_identity")]
    assert ended.summary["notes"] == [
        "check does not look for users: `plan` and `run` find the user of each e-mail address"
    ]


def test_too_many_names_that_clash_are_refused(worker: Worker) -> None:
    """They count as `run` would count them."""
    rows = "".join(f"anna{i},Away\nanna{i},Normal\n" for i in range(3))
    Path("job.csv").write_text(f"login,status\n{rows}")

    ended = worker("check", "job.csv")

    assert (ended.code, ended.summary["state"]) == (4, "refused")
    assert ended.summary["message"].startswith("6 of 6 rows are invalid, more than safety.max_invalid")


def test_only_a_job_of_names_has_names(worker: Worker) -> None:
    """Where people are named by associateId, nothing is said of names."""
    Path("job.csv").write_text("associateId,status\n1,Away\nx,Away\n")

    ended = worker("check", "job.csv")

    assert (ended.summary["notes"], "identity" in ended.summary["faults"][0]) == ([], False)


def test_statuses_nobody_understands_are_listed_to_paste(worker: Worker) -> None:
    """Once each; pasted, what is close to a known one is understood at once, the others when chosen."""
    words = ["FLEX", "flex", "Vaction", 'a"b\\', "[x]", "é\u202e\xa0z", "7", "y" * 60]
    rows = [(number, word, "") for number, word in enumerate(words, 1)]
    job = write_csv(worker.folder / "job.csv", [*rows, *away(range(100, 110))])
    shown = worker.call("check", str(job), "--max-invalid", "none")

    table = shown.out[shown.out.index("[input.statuses]") :].partition("\n\n")[0]
    (worker.folder / "pasted.toml").write_text(table, "utf-8")
    pasted = worker("check", job, "--config", "pasted.toml", "--max-invalid", "none")
    chosen = table.replace('# "', '"').replace('= "StatusNotAvailable"  # 2', '= "ignore"  # 2')
    (worker.folder / "chosen.toml").write_text(chosen, "utf-8")
    again = worker("check", job, "--config", "chosen.toml")

    assert "put this at the end of the configuration file:\n\n[input.statuses]\n" in shown.out
    assert table.replace("\n", "").isprintable()
    assert '\n# "FLEX" = "StatusNotAvailable"  # 2 rows; or "StatusNormal", or "ignore"\n' in table
    assert '\n"Vaction" = "StatusNotAvailable"  # 1 row\n' in table
    assert [pasted.summary["counts"][result] for result in ("not_sent", "skipped", "invalid")] == [11, 0, 7]
    assert (again.code, again.summary["unmapped"]) == (0, [])
    assert (again.summary["counts"]["skipped"], again.summary["counts"]["not_sent"]) == (2, 16)


def test_the_table_to_paste_has_what_is_mapped_already(worker: Worker) -> None:
    """A file of TOML may have a table once: what it says stays."""
    config = worker.folder / "settings.toml"
    config.write_text('[input.statuses]\n"Å" = "StatusNormal"\n', "utf-8")
    Path("job.csv").write_text("login,status\na,Å\nb,Vaction\n", "utf-8")

    ended = worker.call("check", "job.csv", "--config", str(config), "--max-invalid", "none")

    assert (
        "in place of [input.statuses] in the\n  configuration file:\n\n[input.statuses]\n"
        '"Å" = "StatusNormal"\n"Vaction" = "StatusNotAvailable"  # 1 row\n\n'
    ) in ended.out


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("check",), "refused"),
        (("check", "--max-invalid", "none"), "checked"),
        (("run",), "refused"),
        (("run", "--max-invalid", "none"), "finished"),
        (("run", "--max-invalid", "none", "--max-changes", "1"), "held"),
        (("plan", "--max-invalid", "none"), "planned"),
    ],
)
def test_they_are_listed_whatever_comes_of_the_job(
    words: tuple[str, ...], state: str, worker: Worker
) -> None:
    """Refused, held or sent; in the summary without the ids, and with what is too long only counted."""
    rows = [*away(range(100, 130)), *((number, "FLEX", "") for number in range(1, 9)), (9, "z" * 61, "")]
    job = write_csv(worker.folder / "job.csv", rows)

    told = worker(words[0], job, *words[1:]).summary
    shown = worker.call(words[0], str(job), *worker.options_of(words[0]), *words[1:]).out

    assert told["state"] == state
    assert told["unmapped"] == [{"value": "FLEX", "rows": 8, "closest": ""}]
    assert told["unmapped_others"] == 1
    assert '\n# "FLEX" = "StatusNotAvailable"  # 8 rows; or "StatusNormal", or "ignore"\n' in shown
    assert "  1 row more with words that are too long or too many" in shown
    assert "zzz" not in shown


def test_a_column_of_sentences_is_no_column_of_statuses(worker: Worker) -> None:
    """Nothing of it is shown, but that it is there."""
    Path("job.csv").write_text(f"login,status\na,{'z' * 61}\n")

    ended = worker.call("check", "job.csv", "--max-invalid", "none")

    assert "  1 row with words that are too long or too many to be statuses" in ended.out
    assert "[input.statuses]" not in ended.out
