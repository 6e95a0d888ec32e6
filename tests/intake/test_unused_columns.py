"""Columns that are not used although they may decide which rows count, or when."""

import json

import pytest

from presence_worker.errors import InputRefused
from presence_worker.intake.column_questions import ColumnKind
from presence_worker.intake.unused_columns import kind_of
from presence_worker.model import NOT_PRESENT, Reason

from .reading import Write, read, refusal

APPROVALS = """
    Approval status, Approved, Approved?, Approved (Y/N), Approval, Request status, Status of request,
    Leave approved, approvalStatus, approval_state, isApproved, attributes.approvalStatus, Workflow
    status, Decision, Authorised, Genehmigungsstatus, Genehmigt, Urlaub genehmigt, Antragsstatus, Status
    des Antrags, Freigabestatus, Bewilligt, Attestering, Attesterad, Godkänd, Beviljad, Ansökningsstatus,
    Beslut, Godkjent, Godkjenningsstatus, Innvilget, Søknadsstatus, Godkendt, Godkendelsesstatus,
    Ansøgningsstatus, Goedkeuring, Goedgekeurd, Goedkeuringsstatus, Status aanvraag, Aanvraagstatus
"""
CHANGES = """
    operation, Change type, changeType, _change_type, __$operation, SYS_CHANGE_OPERATION, op,
    Record status, deleted, Is deleted, isDeleted, __deleted, Deleted flag, cancelled, Canceled,
    isCancelled, Voided, Rejected, Änderungsart, Gelöscht, Storniert, Stornokennzeichen,
    Löschkennzeichen, Ändringstyp, Raderad, Makulerad, Återkallad, Endringstype,
    Slettet, Kansellert, Avlyst, Ændringstype, Annulleret, Aflyst, Mutatie, Soort mutatie, Verwijderd,
    Geannuleerd, Ingetrokken
"""
ACTIONS = """
    Action, Last action, Action type, Transaction type, Aktion, Åtgärd, Handling, Actie, Bewerking
"""
UNDOINGS = """
    deletedAt, Cancelled on, Cancelled by, Cancellation reason, Storniert am, Slettet dato, Date of
    cancellation
"""
DURATIONS = """
    Days, Hours, Duration, Quantity, Number of days, Total days, Days taken, Duration (days),
    durationInDays, Tage, Anzahl Tage, Stunden, Dauer, Dagar, Antal dagar, Timmar, Dager, Antall dager,
    Timer, Dage, Antal dage, Dagen, Aantal uren, Duur
"""
OTHER_DAYS = """
    Birth date, Date of birth, Hire date, Created at, createdDateTime, Last changed, Modified on,
    Exported, Contract end, Last login, Geburtsdatum, Eintrittsdatum, Erstellt am,
    Geändert am, Födelsedatum, Skapad, Ändrad, Fødselsdato, Opprettet, Endret dato,
    Oprettet, Ændret, Geboortedatum, In dienst sinds, Aangemaakt op, Gewijzigd, Reported on, Notified on,
    Transaction date, Retirement date, Contract until, Employment end date, Visa valid until, Vertrag bis,
    Stichtag, Meldedatum, Gemeldet am, Tillträdesdatum, Ansattdato, Ansatt siden, Prøvetid
    slutt
"""
DAYS_OF_LEAVE = """
    Approved until, Approved to, Approved end date, Signed off until, Booked from, Submitted start,
    Recreation leave until, Birth leave until, Genehmigt bis, Bewilligt bis, Freigestellt ab, Freigestellt
    bis, Krank erfasst bis, Godkänd t.o.m., Beviljad till, Ansökt fr.o.m., Avtalad ledighet till, Godkjent
    til, Innvilget sluttdato, Fødselspermisjon til, Godkendt slutdato, Bevilget fra, Goedgekeurd tot,
    Geboorteverlof t/m, Aangevraagd vanaf
"""
SIGNINGS = """
    Approved on, Approval date, Approved by, Genehmigt am, Genehmigt von, Attesterad av, Godkänd den, Godkjent
    av, Godkendt dato, Goedgekeurd door
"""
STATES = """
    Status, Leave status, Status code, Active, isActive, Valid, Tentative, Is draft, Aktiv, Gültig, Giltig,
    Gyldig, Geldig, Show as, showAs, Anzeigen als, Visa som, Vis som, Weergeven als
"""
PERIODS = "Month, Week, Week no, Weekday, Monat, KW, Kalenderwoche, Månad, Vecka, Måned, Uke, Uge, Maand"
UNKNOWN = """
    Department, Name, Manager, Team, Country, Type, Leave type, Date, Requested date, Leave begin,
    Approver name, Remaining days, Balance, State, Change, Comment, Reason, Start half, Update,
    Job title, Gender, Shift, Region, FTE, Location, Leave balance, Days left, Overtime, Process, Stage,
    Flag, Step, Code, Line, Line manager, Notes, Record ID, Row number, Employee status,
    Marital status, Change reason, Action required, Action by, Kostenstelle, Vorgesetzter, Bundesland,
    Stufe, Überstunden, Gleitzeitsaldo, Resturlaub, Bearbeiter, Antragsnummer, Avdelning, Flexsaldo,
    Kvarvarande dagar, Handläggare, Sjukintyg, Saksbehandler, Gjenstående dager, Egenmelding, Timesaldo,
    Resterende dage, Afdeling, Leidinggevende, Saldo dagen, Verlofsaldo
"""


def names(listed: str) -> list[str]:
    """Give the names of a list."""
    return [" ".join(name.split()) for name in listed.split(",")]


@pytest.mark.parametrize(
    ("listed", "kind"),
    [
        (APPROVALS, ColumnKind.APPROVAL), (CHANGES, ColumnKind.CHANGE), (ACTIONS, ColumnKind.ACTION),
        (UNDOINGS, ColumnKind.UNDOING), (DURATIONS, ColumnKind.DURATION), (OTHER_DAYS, ColumnKind.OTHER_DAY),
        (DAYS_OF_LEAVE, ColumnKind.UNKNOWN), (SIGNINGS, ColumnKind.SIGNING), (STATES, ColumnKind.STATE),
        (PERIODS, ColumnKind.PERIOD),
    ],
)  # fmt: skip
def test_what_columns_say_by_their_names(listed: str, kind: ColumnKind) -> None:
    """In six languages, however HR's program puts the words together."""
    assert {name: kind_of(name) for name in names(listed)} == dict.fromkeys(names(listed), kind)


def test_names_that_say_nothing() -> None:
    """Only sure names refuse a file: none of these is one."""
    unsure = {kind_of(name) for name in names(UNKNOWN)}

    assert unsure <= {ColumnKind.UNKNOWN, ColumnKind.OTHER_DAY}


@pytest.mark.parametrize("name", ["Approval status", "Genehmigt", "Godkjent", "Deleted", "operation"])
def test_a_column_that_says_which_rows_count(name: str, write: Write) -> None:
    """Its rows are not sent blindly: the file is refused until a setting says which of them count."""
    path = write(f"login,status,{name}\na,Away,x\n")

    words = refusal(path)
    _, listed = read(path, unused=[name.upper()])
    _, filtered = read(path, only={name: ["x"]})

    assert f"the column '{name}' says whether a " in words
    assert f'List the values of rows that count: input.only = {{ "{name}" = [' in words
    assert words.endswith(f'If all rows count, set input.unused = ["{name}"]')
    assert [row.result for row in (*listed, *filtered)] == [None, None]


def test_values_that_are_not_shown(write: Write) -> None:
    """No example in their place, which would leave out all rows: the words say where the values are."""
    words = refusal(write("login,status,Vorgangsart\na,Away,Erkrankt\nb,Away,Gelöscht\n"))

    assert (
        'List the values of rows that count: input.only = { "Vorgangsart" = [...] } '
        "(`check --explain` lists the values). If all rows count, set input.unused" in words
    )


@pytest.mark.parametrize(
    ("used", "header"),
    [
        ({"status": "Approved"}, "login,Approved\na,Away\n"),
        ({"message": "Decision"}, "login,status,Decision\na,Away,Hello\n"),
        ({"login": "Action"}, "Action,status\na,Away\n"),
        ({"message_template": "x {Operation}"}, "login,status,operation\na,Away,Hello\n"),
    ],
)
def test_a_column_that_is_used(used: dict[str, str], header: str, write: Write) -> None:
    """A column to which the configuration gives another meaning is not asked about."""
    _, (row,) = read(write(header), **used)

    assert row.result is None


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["Approved", "Cancelled", "Pending"], {"Approval": ["Approved"]}),
        (["Genehmigt", "Abgelehnt"], {"Approval": ["Genehmigt"]}),
        (["ja", "nein"], {"Approval": ["ja"]}),
        (["true", "false"], {"Deleted": ["false"]}),
        (["", "X"], {"Deleted": [""]}),
        (["insert", "update", "delete"], {"operation": ["insert", "update"]}),
        (["I", "U", "D"], {"operation": ["I", "U"]}),
    ],
)
def test_the_values_that_probably_count(cells: list[str], kept: dict[str, list[str]], write: Write) -> None:
    """The refusal knows them from the file; those that may be reasons of absence are not in its words."""
    (name,) = kept
    path = write(f"login,status,{name}\n" + "".join(f'a,Away,"{cell}"\n' for cell in cells))

    with pytest.raises(InputRefused) as caught:
        read(path)

    assert caught.value.ways == ({"only": kept}, {"unused": [name]})
    assert caught.value.facts.values == {name: [(cell, 1) for cell in cells]}


@pytest.mark.parametrize("name", ["Action", "Åtgärd", "Aktion", "Transaction type"])
@pytest.mark.parametrize("cells", [["Create", "Delete"], ["I", "D"], ["New", "Change"], ["View", "Storno"]])
def test_an_action_on_the_row(name: str, cells: list[str], write: Write) -> None:
    """Such a column may say anything; where one of its cells is a change, the file is refused."""
    path = write(f"login,status,{name}\n" + "".join(f"a,Away,{cell}\n" for cell in cells))

    assert f"the column '{name}' says whether a row was changed" in refusal(path)


@pytest.mark.parametrize("cells", [["View", "View"], ["Ring", ""], ["New mail", "-"]])
def test_an_action_that_is_no_change(cells: list[str], write: Write) -> None:
    """A link called View, and what is to be done, say nothing of the row."""
    job, _ = read(write("login,status,Action\n" + "".join(f"a,Away,{cell}\n" for cell in cells)))

    assert job.reader.facts().unused == ("Action",)


@pytest.mark.parametrize("name", ["Approved until", "Signed off until", "Genehmigt bis", "Innvilget til"])
def test_a_last_day_that_was_approved(name: str, write: Write) -> None:
    """It is the end of the leave, not a day on which a step was taken: the leave does not last for ever."""
    path = write(f"login,status,from,{name}\na,Away,2026-11-30,2026-12-04\n")

    assert f'Set input.until = "{name}" (last day)' in refusal(path)


def test_values_that_are_not_ours_are_not_shown(write: Write) -> None:
    """A value may be a reason of absence."""
    assert "migraine" not in refusal(write("login,status,operation\na,Away,migraine\n"))


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["approved", "CANCELLED"], "approved"), (["Godkänd", "", "Väntar"], "approved"),
        (["updated", "deleted"], "changed"),
    ],
)  # fmt: skip
def test_a_column_whose_cells_say_it(cells: list[str], says: str, write: Write) -> None:
    """Where the name says nothing, nothing but such words in its first cells does."""
    path = write("login,status,Zustand X\n" + "".join(f"a,Away,{cell}\n" for cell in cells))

    assert (
        f"'Zustand X' says whether a {'leave is approved' if says == 'approved' else 'row was changed'}"
        in (refusal(path))
    )


@pytest.mark.parametrize("cells", [["approved", "Sales"], ["Oslo", "Bergen"], ["1", "0"], ["", ""]])
def test_other_columns_are_not_asked_about(cells: list[str], write: Write) -> None:
    """They are only named among those that are not used."""
    path = write("login,status,Zustand X\n" + "".join(f'a,Away,"{cell}"\n' for cell in cells))

    job, _ = read(path)

    assert job.reader.facts().unused == ("Zustand X",)


def test_when_a_row_was_cancelled(write: Write) -> None:
    """A moment of deletion tells of the rows that have one; where none has, all count."""
    none = write("login,status,deletedAt\na,Away,\nb,Away,NULL\n")
    job, _ = read(none)
    words = refusal(write("login,status,deletedAt\na,Away,\nb,Away,2026-11-01\n"))

    assert job.reader.facts().unused == ("deletedAt",)
    assert "'deletedAt' marks 1 row as cancelled or deleted" in words
    assert 'input.only = { "deletedAt" = [""] }' in words


def test_a_column_of_later_objects(write: Write) -> None:
    """In JSON, also the last object may bring the column."""
    rows = [{"login": "a", "status": "Away"}, {"login": "b", "status": "Away", "approvalStatus": "REJECTED"}]

    assert "'approvalStatus' says whether a leave is approved" in refusal(write(json.dumps(rows)))


@pytest.mark.parametrize("cell", ["-4", "-0.5", "-0,5", "\u22124", "- 4", "4-", "-1:30", "-4 days"])
def test_a_negative_duration(cell: str, write: Write) -> None:
    """Payroll takes a leave back with a row of less than nothing: such a file is not sent blindly."""
    path = write(f'login,status,Days\na,Away,4\na,Away,"{cell}"\n')

    words = refusal(path)
    _, rows = read(path, unused=["Days"])

    assert "1 row has a negative number in the column 'Days' (line 3)" in words
    assert [row.result for row in rows] == [None, None]


def test_a_negative_duration_that_does_not_count(write: Write) -> None:
    """A row that is left out, and a cell that is no number, take nothing back."""
    path = write("login,status,Days,State\na,Away,4,Approved\na,Away,-4,Storno\na,Away,-,Approved\n")

    _, rows = read(path, only={"State": ["Approved"]})

    assert len(rows) == 3


@pytest.mark.parametrize(
    "cell",
    [
        "2026-12-24", "24.12.2026", "12/24/2026", "24/12/26", "2026-12-24T00:00:00Z", "2026-12-24 08:00",
        "/Date(1795737600000)/", "24. Dezember 2026", "24-DEC-26", "Dec 24, 2026", "2026/12/24",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Date", "Leave begin", "Day"])
def test_days_that_are_not_used(name: str, cell: str, write: Write) -> None:
    """Without a first or a last day, a column of days decides everything: the file is refused."""
    path = write(f'login,status,{name}\na,Away,"{cell}"\n')

    words = refusal(path)

    assert (
        f"the column '{name}' holds dates, but is not used. Set input.from = \"{name}\" (first day)" in words
    )
    assert f'input.until = "{name}" (last day) or both (one row for each day)' in words
    assert f'input.unused = ["{name}"]' in words


def test_a_last_day_that_is_not_known(write: Write) -> None:
    """A leave does not become one without end because its last day has an unknown name."""
    path = write("login,status,from,Wrap-up\na,Away,2026-11-30,2026-12-04\n")

    with pytest.raises(InputRefused, match=r'Set input\.until = "Wrap-up"') as caught:
        read(path)
    _, (row,) = read(path, until="Wrap-up")

    assert caught.value.ways == ({"until": "Wrap-up"}, {"unused": ["Wrap-up"]})
    assert row.period is not None


def test_a_column_that_may_be_of_first_days_back(write: Write) -> None:
    """Taken as a last day, it would keep people away for a day too long: the question names both."""
    words = refusal(write("login,status,from,Erster Arbeitstag\na,Away,2026-11-30,2026-12-04\n"))

    assert (
        'Set input.until = "Erster Arbeitstag" (last day). For a first day back, also set '
        'input.until_means = "first_day_back". If they '
        "are not days of absence, set input.unused" in words
    )


@pytest.mark.parametrize(
    "name",
    ["Geloescht", "Geloscht", "Loeschkennzeichen", "Godkaend", "Godkand", "Aterkallad", "Ansoegningsstatus"],
)
def test_names_in_ascii(name: str, write: Write) -> None:
    """Programs that write ASCII alone spell ö as oe, or leave its dots out; the column means the same."""
    assert f"column '{name}'" in refusal(write(f"login,status,{name}\na,Away,N\nb,Away,J\n"))


def test_two_columns_of_days(write: Write) -> None:
    """They are most likely the first and the last day."""
    with pytest.raises(InputRefused, match="'Alpha' and 'Omega' hold dates, but are not used") as caught:
        read(write("login,status,Alpha,Omega\na,Away,2026-11-30,2026-12-04\n"))

    assert caught.value.ways[0] == {"from": "Alpha", "until": "Omega"}
    assert caught.value.ways[-1] == {"unused": ["Alpha", "Omega"]}


@pytest.mark.parametrize(
    ("header", "days", "config"),
    [
        ("login,status,from,until,Date", "2026-11-30,2026-12-04", {}),
        ("login,status,from,x,Date", "2026-11-30,", {"until": ""}),
        ("login,status,x,y,Date", ",", {"from": "", "until": ""}),
        ("login,status,x,y,Date", ",", {"unused": ["Date"]}),
        ("login,status,x,y,Hire date", ",", {}),
        ("login,status,x,y,Created at", ",", {}),
        ("login,status,x,y,Godkänd den", ",", {}),
        ("login,status,x,until,Back on", ",2026-12-04", {}),
    ],
)
def test_days_that_need_not_be_used(header: str, days: str, config: dict[str, object], write: Write) -> None:
    """Where both days are known or switched off, or the name says that it is something else."""
    job, (row,) = read(write(f"{header}\na,Away,{days},2026-12-24\n"), **config)

    assert (row.result, job.reader.facts().unused[-1]) == (None, header.rpartition(",")[2])


@pytest.mark.parametrize(
    "cell", ["20261224", "46380", "next week", "1.2", "10-20-30-40", "Room 2026-12", "22 33 44 55"]
)
def test_what_is_no_day(cell: str, write: Write) -> None:
    """Bare numbers and texts are no days."""
    job, _ = read(write(f"login,status,Date\na,Away,{cell}\n"))

    assert job.reader.facts().unused == ("Date",)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Status", ("APR", "REJ")),
        ("Status code", ("20", "30")),
        ("Active", ("1", "0")),
        ("Is draft", ("", "x")),
        ("Show as", ("Out of office", "Free")),
    ],
)
def test_a_column_by_which_rows_may_count(name: str, values: tuple[str, str], write: Write) -> None:
    """It refuses a file where it differs from row to row; where it is the same in all, it says nothing."""
    header, rows = f"login,Type,{name}", [f"a,Away,{values[0]}", f"b,Away,{values[1]}"]

    with pytest.raises(InputRefused, match=f"'{name}' has different values and may decide which rows count"):
        read(write("\n".join([header, *rows])), status="Type")
    _, same = read(write("\n".join([header, rows[0], rows[0]])), status="Type")
    _, chosen = read(write("\n".join([header, *rows])), status="Type", only={name: [values[0]]})

    assert [row.status for row in same] == [NOT_PRESENT] * 2
    assert [row.reason for row in chosen] == [None, Reason.FILTERED_OUT]


@pytest.mark.parametrize("name", ["Approved by", "Genehmigt am", "Attesterad av", "Godkjent dato"])
def test_leave_that_was_not_signed(name: str, write: Write) -> None:
    """Where only some rows say who approved them, or when, the others may not be approved."""
    header = f"login,status,from,until,{name}"
    dates = "2026-11-30,2026-12-04"

    with pytest.raises(InputRefused, match=f"'{name}' is empty in 1 row and filled in others") as caught:
        read(write(f"{header}\na,Away,{dates},Boss\nb,Away,{dates},\n"))
    _, signed = read(write(f"{header}\na,Away,{dates},Boss\nb,Away,{dates},Chief\n"))

    assert caught.value.ways == ({"unused": [name]}, {})
    assert [row.status for row in signed] == [NOT_PRESENT] * 2


def test_approvals_among_other_words(write: Write) -> None:
    """A column that says of some rows that they are approved, and of others that they are not, is clear."""
    path = write("login,status,Info\na,Away,Approved by A\nb,Away,Rejected: too busy\nc,Away,see mail\n")

    with pytest.raises(InputRefused, match="'Info' says whether a leave is approved"):
        read(path)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("Period", "27.11.2026 - 02.12.2026"),
        ("Zeitraum", "24.12. bis 31.12."),
        ("Dates", "24/12; 28/12"),
        ("When", "Dec 24 - 31"),
        ("Week", "51"),
        ("Monat", "Dezember"),
        ("2026-12-24", "x"),
        ("24.12.", "U"),
    ],
)
def test_days_in_other_words(name: str, cell: str, write: Write) -> None:
    """A leave that begins next month is not sent today because its days are no columns of their own."""
    path = write(f"login,status,{name}\na,Away,{cell}\n")

    with pytest.raises(InputRefused, match=f"'{name}' seems to say when people are away, but is not used"):
        read(path)
    _, (row,) = read(path, unused=[name])

    assert row.status == NOT_PRESENT


def test_a_week_beside_days(write: Write) -> None:
    """Where the days are known, a week or a period adds nothing."""
    _, (row,) = read(
        write("login,status,from,until,Week,Period\na,Away,2026-12-14,2026-12-18,51,14.12.-18.12.\n"),
        coverage="everyone",
    )

    assert row.period is not None


def test_a_file_that_came_back(write: Write) -> None:
    """What was accepted once is not asked again."""
    path = write(
        "_result,_reason,_detail,_http_status,_attempts,_line,_run,login,status,Approved,Date\n"
        "failed,,,,,,,a,Away,x,2026-12-24\n"
    )

    _, (row,) = read(path)

    assert (row.status, row.result) == (NOT_PRESENT, None)


@pytest.mark.parametrize("types", [None, "Leave type"])
def test_a_status_column_of_approvals(types: str | None, write: Write) -> None:
    """The commonest export: Status says Approved, and the type of leave stands beside it, if at all."""
    more = [f",{types}", ",Vacation"] if types else ["", ""]
    path = write(f"login,Status,from,until{more[0]}\na,Approved,2026-11-30,2026-12-04{more[1]}\n")

    with pytest.raises(InputRefused, match="'Status' says whether a leave is approved, not who is") as caught:
        read(path)
    _, (row,) = read(path, **caught.value.ways[0])

    assert (row.status, row.result) == (NOT_PRESENT, None)


def test_approvals_among_statuses(write: Write) -> None:
    """Where other words are understood, such a row says what its word is."""
    _, (_, row) = read(write("login,status\na,Away\nb,Pending\n"))

    assert (row.detail or "").startswith("the status only says whether a leave is approved")
