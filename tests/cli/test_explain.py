"""`check --explain`: how a job is understood, shown before it is trusted, and pasted so that it stays so."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from presence_worker.cli.explanation import explanation_lines
from presence_worker.report.summary import ExplainedRow, Explanation
from presence_worker.sandbox import Sandbox
from tests.run.given import Worker

XLSX = Path(__file__).parents[1] / "files" / "xlsx"
LEAVE = (
    "Personalnr;E-Mail;Anwesenheit;Kommentar;Bis;Chef\n"
    "7;a@x.no;Urlaub;bin weg;2999-12-24;x\n"
    "8;b@x.no;KURS;;;\n"
    "9;c@x.no;Anwesend;da;;\n"
)
COLUMNS = {  # of a table of six, what each is taken for, and why
    "Personalnr": (None, "not used: probably not the associate ID of SuperOffice"),
    "E-Mail": ("e-mail address", "usual name"),
    "Anwesenheit": ("status", "usual name"),
    "Kommentar": ("comment", "usual name"),
    "Bis": ("last day", "usual name"),
    "Chef": (None, "not used"),
}
ENCODING = '# encoding = "cp1252"  # a guess; set it if letters such as å and ü are right'
IF_OURS = '# associate_id = "id"  # if these are really the associate IDs of SuperOffice'
OF_ALL = (
    '# default_status = "StatusNotAvailable"  # the status of all rows; or "StatusNormal"; or status = '
    '"...", the column with the status'
)
CONFIGURED = """
[input]
login = 'Who "is" it'
status = "Code"
message = 'Why\\so'
from = "A"
until = "B"
date_format = "%d.%m.%Y"
coverage = "changes"
skip_lines = 1
comment = "#"
timezone = "Europe/Oslo"
allowed_statuses = ["StatusNormal", "StatusNotAvailable", "StatusSpm"]
on_conflict = "last"
default_message = "Ute"
[input.statuses]
'A "1"' = "StatusSpm"
"""
ODD_JOB = """Absences
email;login;"Who ""is"" it";Code;Why\\so;comment;A;B;Von
#x
e;l;w;A "1";m;c;01.02.2026;;
e;l;v;SICK;m;c;;;
"""
PASTED = {  # what stands in a configuration, and a job that it fits
    "a tab, quotes and another encoding": (
        "",
        'login\tStatus ""now\tPresence\tcomment\nå\tAway\tAway\tJul\n',
    ),
    "all that can be said": (CONFIGURED, ODD_JOB),
    "lines of JSON": ("", '{"mail": "a@x.no", "presence": "Away"}\n{"mail": "b", "comment": "x"}'),
}


def explained(worker: Worker, job: str, *words: str) -> dict[str, Any]:
    """Give the explanation of a job, for programs."""
    found: dict[str, Any] = worker("check", job, "--explain", "--max-invalid", "none", *words).summary[
        "explained"
    ]
    return found


def meanings(found: dict[str, Any]) -> dict[str, tuple[str | None, str]]:
    """Give what each column is taken for, and why."""
    return {column["name"]: (column["meaning"], column["why"]) for column in found["columns"]}


def test_it_tells_how_each_column_is_understood(worker: Worker, sandbox: Sandbox) -> None:
    """What it means and why, or that it is not used; and how the file was read. Nothing is sent."""
    Path("leave.csv").write_text(LEAVE, "cp1252")

    found = explained(worker, "leave.csv")

    assert meanings(found) == COLUMNS
    assert [found[key] for key in ("format", "encoding", "delimiter", "sheet", "header", "missing")] == [
        "csv", "utf-8", ";", None, 1, [],
    ]  # fmt: skip
    assert not sandbox.record


def test_it_shows_the_first_rows_as_they_would_be_sent(worker: Worker) -> None:
    """Whom, which status, how long the message is, and what becomes of it today; five of them."""
    Path("leave.csv").write_text(LEAVE + "10;d;Away;;;\n" * 9, "utf-8")

    rows = explained(worker, "leave.csv")["rows"]

    assert len(rows) == 5
    assert rows[0] == {
        "row": 1, "line": 2, "associate_id": None, "identity": "a@x.no", "status": "StatusNotAvailable",
        "message_length": 7, "from": None, "until": "2999-12-24", "result": "not_sent",
        "today": "sent, and StatusNormal again after 2999-12-24",
    }  # fmt: skip
    assert [(row["status"], row["message_length"], row["result"]) for row in rows[1:3]] == [
        (None, 0, "invalid"),
        ("StatusNormal", 0, "not_sent"),
    ]
    assert rows[1]["today"].startswith("the status is unknown; write")
    assert rows[2]["today"] == "sent"


def test_messages_are_shown_where_they_may_be(worker: Worker) -> None:
    """They are reasons of absence: who wants them in reports has said so."""
    Path("leave.csv").write_text(LEAVE, "utf-8")
    config = worker.folder / "settings.toml"
    config.write_text("[report]\ninclude_messages = true\n")

    shown = worker.call("check", "leave.csv", "--explain", "--config", str(config), "--max-invalid", "none")
    found = explained(worker, "leave.csv", "--config", str(config))
    kept = worker.call("check", "leave.csv", "--explain", "--max-invalid", "none")

    assert found["rows"][0]["message"] == "bin weg"
    assert "line 2: a@x.no, StatusNotAvailable, comment 'bin weg', until 2999-12-24: sent" in shown.out
    assert "line 2: a@x.no, StatusNotAvailable, comment of 7 characters, until" in kept.out
    assert "bin weg" not in kept.out


@pytest.mark.parametrize(("config", "job"), PASTED.values(), ids=PASTED)
def test_what_is_pasted_is_understood_likewise(config: str, job: str, worker: Worker) -> None:
    """With it nothing is left to guess: each column has its meaning from it, and all else is the same."""
    Path("job").write_text(job, "cp1252")
    Path("before.toml").write_text(config, "utf-8")
    first = explained(worker, "job", "--config", "before.toml")

    Path("after.toml").write_text(first["configuration"], "utf-8")
    second = explained(worker, "job", "--config", "after.toml")

    used = {name: why for name, (meaning, why) in meanings(second).items() if meaning}
    assert used
    assert all(why.startswith("as input.") for why in used.values())
    assert {name: meaning for name, (meaning, _) in meanings(second).items()} == {
        name: meaning for name, (meaning, _) in meanings(first).items()
    }
    assert {key: second[key] for key in second if key != "columns"} == {
        key: first[key] for key in first if key != "columns"
    }


def test_the_block_says_all_and_keeps_what_is_unknown_as_a_comment(worker: Worker) -> None:
    """What nobody understood stands beside its closest status; where days may be to come, a question."""
    text = LEAVE.replace("Chef", "Von").replace("Urlaub", "Urlaubb").replace(";x\n", ";1/12/26\n")
    Path("leave.csv").write_text(text, "utf-8")

    block = explained(worker, "leave.csv")["configuration"]

    assert block.splitlines() == [
        "[input]",
        'email = "E-Mail"',
        'status = "Anwesenheit"',
        'message = "Kommentar"',
        'from = "Von"',
        'until = "Bis"',
        'format = "csv"',
        'delimiter = ";"',
        '# date_format = "%d/%m/%y"  # if the file writes dates like this; or "%m/%d/%y"',
        '# coverage = "changes"  # the file has only changes; or "everyone": the file has all absences',
        "",
        "[input.statuses]",
        '# "KURS" = "StatusNotAvailable"  # 1 row; or "StatusNormal", or "ignore", or "withdrawn"',
        '"Urlaubb" = "StatusNotAvailable"  # 1 row',
        '# "*" = "StatusNotAvailable"  # all other values, also new ones',
    ]


@pytest.mark.parametrize(
    ("text", "missing", "columns", "block"),
    [
        ("Personalnr,Anwesenheit\n7,Urlaub\n", ["who"],
         {"Personalnr": COLUMNS["Personalnr"], "Anwesenheit": ("status", "usual name")},
         [IF_OURS.replace('"id"', '"Personalnr"'),
          'status = "Anwesenheit"', 'format = "csv"', 'delimiter = ","']),
        ("login,mail,Code\n", ["status"],
         {"login": ("login", "not certain: another column can also be it"),
          "mail": ("e-mail address", "not certain: another column can also be it"),
          "Code": (None, "not used")},
         ['# login = "login"  # or email = "mail"', 'format = "csv"', 'delimiter = ","',
          OF_ALL]),
        ("login,status,message,comment\na,Away,x\n", [],
         {"login": ("login", "usual name"), "status": ("status", "usual name"),
          "message": ("comment", "not certain: another column can also be it"),
          "comment": ("comment", "not certain: another column can also be it")},
         ['login = "login"', 'status = "status"', '# message = "message"  # or "comment"', 'format = "csv"',
          'delimiter = ","']),
        ('login,status\na,Away\nb,"Away\n', [],
         {"login": ("login", "usual name"), "status": ("status", "usual name")},
         ['login = "login"', 'status = "status"', 'format = "csv"', 'delimiter = ","']),
        ('[{"id": 1, "status": "Away"}]', ["who"],
         {"id": COLUMNS["Personalnr"], "status": ("status", "usual name")},
         [IF_OURS,
          'status = "status"', 'format = "json"']),
        ("Name,Anwesenheit\nAnna,Urlaub\n", ["who"],
         {"Name": COLUMNS["Chef"], "Anwesenheit": ("status", "usual name")},
         ['status = "Anwesenheit"', 'format = "csv"', 'delimiter = ","',
          '# login = "..."  # the column that names people; or email = "..."; or associate_id = "..."']),
    ],
)  # fmt: skip
def test_a_job_that_is_refused_is_explained_as_far_as_it_was_read(
    text: str, missing: list[str], columns: dict[str, tuple[str, str]], block: list[str], worker: Worker
) -> None:
    """What was found is said, and what is missing; the block is one to be completed."""
    Path("job").write_text(text)

    ended = worker("check", "job", "--explain")

    found = ended.summary["explained"]
    assert (ended.code, found["missing"], found["rows"]) == (4, missing, [])
    assert meanings(found) == columns
    assert found["configuration"].splitlines() == ["[input]", *block]
    assert tomllib.loads(found["configuration"])


@pytest.mark.parametrize("text", ["7,Migraine\n8,Migraine\n", "", "login,status,x,x\na,Migraine,,\n"])
def test_nothing_is_said_of_what_was_not_understood(text: str, worker: Worker) -> None:
    """A row that is taken for the header may have a reason of absence: it is not shown."""
    Path("job").write_text(text)

    shown = worker.call("check", "job", "--explain")

    assert shown.code == 4
    assert "How it is read: " in shown.out
    assert "Migraine" not in shown.out


def test_columns_that_the_message_is_made_of(worker: Worker) -> None:
    """They have a meaning as well."""
    Path("job").write_text("login;status;Deputy;Chef\na;Away;Bo;C\n")
    Path("c.toml").write_text('[input]\nmessage_template = "Ask {deputy}"\n')

    found = explained(worker, "job", "--config", "c.toml")

    assert meanings(found)["Deputy"] == ("part of the comment", "as input.message_template says")
    assert 'message_template = "Ask {deputy}"' in found["configuration"].splitlines()
    assert found["rows"][0]["message_length"] == len("Ask Bo")


def test_columns_that_decide_which_rows_count(worker: Worker) -> None:
    """Filters, days back and columns that are knowingly not used are told as what they are, and pasted."""
    Path("job").write_text("login;Leave;State;Hired;from;Return date\na;Away;OK;2020-01-01;2026-11-01;\n")
    config = 'status = "Leave"\nunused = ["hired"]\ncoverage = "changes"\nonly = {State = ["OK", "Fine"]}\n'
    Path("c.toml").write_text(f"[input]\n{config}")

    found = explained(worker, "job", "--config", "c.toml")

    told = meanings(found)
    assert told["State"] == ("which rows count", "as input.only says")
    assert told["Hired"] == (None, "not used, as input.unused says")
    assert told["Return date"] == ("first day back", "usual name")
    lines = found["configuration"].splitlines()
    assert {'only."State" = ["OK", "Fine"]', 'unused = ["hired"]', 'until_means = "first_day_back"'} <= {
        *lines
    }


def test_people_read_it_in_a_terminal(worker: Worker) -> None:
    """In 80 columns, with the block to paste at the end and nothing that steers a terminal."""
    names = f"login\tpresence\t{'x' * 40}\t\x1b[31mred\n"
    Path("job").write_text(f"{names}a\tAway\t\t\nb\tAwai\t\t\n")

    shown = worker.call("check", "job", "--explain", "--max-invalid", "none")

    assert shown.code == 3
    assert shown.out.partition("How it is read: ")[2] == (
        "csv, encoding utf-8, delimiter tab, header on line 1\n\n"
        "Columns\n"
        "  login                           login (usual name)\n"
        "  presence                        status (usual name)\n"
        f"  {'x' * 29}…  not used\n"
        "  [31mred                         not used\n\n"
        "First rows, and their result today\n"
        "  line 2: a, StatusNotAvailable: sent\n"
        "  line 3: b, no status: the status is unknown; write StatusNormal or\n"
        "    StatusNotAvailable, or add the value to input.statuses\n\n"
        "Paste this into your configuration file (presence-worker.toml). If the file has a\n"
        "section [input] or [input.statuses], replace it.\n\n"
        '[input]\nlogin = "login"\nstatus = "presence"\nformat = "csv"\ndelimiter = "tab"\n'
        '\n[input.statuses]\n"Awai" = "StatusNotAvailable"  # 1 row\n\n'
        "Help:   presence-worker manual hr-files\n"
        f"Next:   presence-worker check {worker.folder}/job --max-invalid none\n"
    )


def test_what_no_block_can_say_is_shown_beside_it(worker: Worker) -> None:
    """Sentences in place of statuses are counted."""
    Path("job").write_text(f"login,status\na,FLEX\nb,{'x' * 99}\n")

    shown = worker.call("check", "job", "--explain", "--max-invalid", "none")

    assert "  1 row more with words that are too long or too many" in shown.out
    assert shown.out.count("\n[input.statuses]\n") == 1


def test_a_sheet_is_named(worker: Worker) -> None:
    """Of a workbook it is said which one is read; pasted, it is that one again."""
    job = str(XLSX / "one-of-three.xlsx")
    first = explained(worker, job)
    Path("after.toml").write_text(first["configuration"], "utf-8")

    second = explained(worker, job, "--config", "after.toml")
    shown = worker.call("check", job, "--explain").out

    assert "How it is read: xlsx, sheet Fravær, header on line 1" in shown
    assert {'format = "xlsx"', 'sheet = "Fravær"'} < set(first["configuration"].splitlines())
    assert second["configuration"] == first["configuration"]


def test_what_is_missing_is_shown_to_people(worker: Worker) -> None:
    """Beside the columns that there are."""
    Path("job").write_text("name,Chef\n")

    shown = worker.call("check", "job", "--explain")

    assert (
        "  name  not used\n"
        "  Chef  not used\n"
        "  missing: a column that names people\n"
        "  missing: a column with the statuses\n"
    ) in shown.out


def test_columns_that_may_name_people_are_offered(worker: Worker) -> None:
    """The reader decides: the address may be that of a manager."""
    Path("job").write_text("Ansatt e-post;Leders e-post;status\nann@example.com;bo@example.com;Away\n")

    found = explained(worker, "job")

    assert found["missing"] == ["who"]
    assert "\n\n\n" not in worker.call("check", "job", "--explain").out
    assert (
        '# email = "Ansatt e-post"  # if this column names the people of these rows; or "Leders e-post"'
        in found["configuration"]
    )


def test_it_is_asked_for(worker: Worker) -> None:
    """Without the option nothing is explained."""
    Path("job").write_text("login,status\na,Away\n")

    plain = worker("check", "job")

    assert plain.summary["explained"] is None
    assert "How it is read" not in worker.call("check", "job").out


def test_a_row_without_a_line_or_a_name() -> None:
    """Where a format has no lines, rows are counted; what names nobody is said to."""
    nothing = dict.fromkeys(["line", "associate_id", "identity", "status", "starts", "ends"])
    row = ExplainedRow(**nothing, row=7, message_length=0, today="no login", result="invalid")
    unread = dict.fromkeys(
        ["format", "encoding", "sheet", "rows_path", "delimiter", "header", "still_refused"]
    )
    explained = Explanation(**unread, columns=[], missing=[], rows=[row], configuration="[input]")

    lines = [*explanation_lines(explained)]

    assert "How it is read: not known" in lines
    assert "  row 7: no person, no status: no login" in lines


def test_an_encoding_is_kept_only_if_it_was_said(worker: Worker) -> None:
    """One that was recognised would be wrong for a later file, and nobody would notice: å would be Ã¥."""
    config = worker.folder / "settings.toml"
    config.write_text('[input]\nencoding = "cp1252"\n')
    Path("job").write_text("login,status\nå,Away\n", "cp1252")

    recognised = explained(worker, "job")["configuration"].splitlines()
    by_option = explained(worker, "job", "--encoding", "cp1252")["configuration"].splitlines()
    by_file = explained(worker, "job", "--config", str(config))["configuration"].splitlines()

    assert ENCODING in recognised
    assert [line for line in by_option if "encoding" in line] == ['encoding = "cp1252"']
    assert by_file == by_option


@pytest.mark.parametrize(
    ("text", "reading", "block"),
    [
        ("Absences 2026;;;\n\nBenutzername;Name;Anwesenheit;\nanna;A;Urlaub;\n",
         "csv, encoding utf-8, delimiter semicolon, header on line 3",
         ['login = "Benutzername"', 'status = "Anwesenheit"', 'format = "csv"', 'delimiter = ";"',
          "skip_lines = 2"]),
        ("# by HR\n# at night\nlogin\tstatus\nanna\tAway\n",
         "csv, encoding utf-8, delimiter tab, header on line 3",
         ['login = "login"', 'status = "status"', 'format = "csv"', 'delimiter = "tab"',
          "skip_lines = 2"]),
    ],
)  # fmt: skip
def test_what_stands_below_a_title_is_explained(
    text: str, reading: str, block: list[str], worker: Worker
) -> None:
    """The job is refused, and the block says what would be read; pasted, it is."""
    Path("job").write_text(text)

    first = worker.call("check", "job", "--explain")
    pasted = explained(worker, "job")["configuration"]
    Path("after.toml").write_text(pasted)
    second = worker("check", "job", "--config", "after.toml")

    assert first.code == 4
    assert f"How it is read: {reading}\n" in first.out
    assert pasted.splitlines() == ["[input]", *block]
    assert (second.code, second.summary["counts"]["not_sent"]) == (0, 1)


def test_what_stands_below_a_title_of_a_sheet_is_explained(worker: Worker) -> None:
    """Likewise of a workbook."""
    job = str(XLSX / "title.xlsx")
    pasted = explained(worker, job)["configuration"]
    Path("after.toml").write_text(pasted)

    ended = worker("check", job, "--config", "after.toml")

    assert "skip_lines = 2" in pasted.splitlines()
    assert ended.code == 0


def test_a_return_is_told_only_where_it_is_certain(worker: Worker) -> None:
    """Of somebody with several rows, others decide when the leave ends: nothing is said of it."""
    rows = "anna,Away,,2999-12-24\nANNA,Away,2999-12-20,2999-12-31\nbo,Away,,2999-12-24\n"
    Path("job").write_text(f"login,status,from,until\n{rows}")

    found = explained(worker, "job", "--config", str(coverage(worker)))

    assert [row["today"] for row in found["rows"]] == [
        "sent",
        "waits until 2999-12-20",
        "sent, and StatusNormal again after 2999-12-24",
    ]


def coverage(worker: Worker) -> Path:
    """Give a configuration for files that list only news."""
    path = worker.folder / "settings.toml"
    path.write_text('[input]\ncoverage = "changes"\n')
    return path


@pytest.mark.parametrize(
    ("days", "line"),
    [
        ("1.12.2026,31.12.2026",
         '# date_format = "%d.%m.%Y"  # if the file writes dates like this'),
        ("1.12.2026,9.12.2026",
         '# date_format = "%d.%m.%Y"  # if the file writes dates like this; or "%m.%d.%Y"'),
        ("20 Nov 2026,2026-12-31",
         '# date_format = "%d %B %Y"  # if the file writes dates like this'),
        ("31. Dez 2026,", '# date_format = "%d. %B %Y"  # if the file writes dates like this'),
        ("31. Foo 2026,", '# date_format = "%d.%m.%Y"  # if the file writes dates like this'),
        ("2026-02-30,", None),
        ("2026-12-31,2026-12-01", None),
    ],
)  # fmt: skip
def test_the_form_of_days_that_are_not_understood_is_offered(
    days: str, line: str | None, worker: Worker
) -> None:
    """As a comment, with the form that fits all of them; no form mends a day that does not exist."""
    Path("job").write_text(f"login,status,from,until\na,Away,{days}\nb,Away,12/31/2026\n")

    block = explained(worker, "job")["configuration"].splitlines()
    Path("c.toml").write_text('[input]\ndate_format = "%d!%m!%Y"\n')
    told = explained(worker, "job", "--config", "c.toml")["configuration"].splitlines()

    assert [found for found in block if "date_format" in found] == ([line] if line else [])
    assert [found for found in told if "date_format" in found] == ['date_format = "%d!%m!%Y"']


def test_a_message_of_one_character(worker: Worker) -> None:
    """Is not one of 1 characters."""
    Path("job").write_text("login,status,message\na,Away,x\n")

    assert "comment of 1 character: sent" in worker.call("check", "job", "--explain").out


def test_what_no_setting_can_mean_is_not_offered(worker: Worker) -> None:
    """A formula error is no status and no date; a word is no date. Each line stands there once."""
    rows = "a,#N/A,2026-12-01,#REF!\nb,rejected,2026-12-01,open\nc,X7,2026-12-01,2026-12-02\n"
    Path("job").write_text(f"login,Leave type,from,until\n{rows}")

    lines = explained(worker, "job")["configuration"].splitlines()

    assert [line for line in lines if "#N/A" in line or "#REF!" in line or "date_format" in line] == []
    assert len(lines) == len(set(lines))
    assert '# "*" = "StatusNotAvailable"  # all other values, also new ones' in lines


def test_days_that_are_perhaps_not_of_absence(worker: Worker) -> None:
    """Each way is offered with what it means."""
    Path("job").write_text("login,status,from,until\na,Away,2020-01-01,\nb,Present,2020-01-01,\n")

    lines = explained(worker, "job")["configuration"].splitlines()

    assert '# from = ""  # if these are not days of absence; or from = "from" and until = "until"' in lines
