"""Which column holds what."""

from typing import Any

import pytest

from presence_worker.intake.columns import ALIASES, FOREIGN_NUMBERS, Columns, columns_found, find_columns
from presence_worker.settings import Input

from .reading import Write, read, refusal

EXPECTED = (
    "If a column has another name, set input.associate_id, input.login or input.email, and input.status"
)
BY_NAME = ("login", "email")


@pytest.mark.parametrize(
    "names",
    [
        ["associateId", "status", "message"],
        ["AssociateID", "Status", "Message"],
        ["associate_id", "presence", "comment"],
        ["Associate Id", "Presence Status", "COMMENT"],
        ["ASSOCIATE-ID", "presence_status", "Message"],
        ["associateId\u200b", "\ufeffstatus", "mes\u2060sage"],
    ],
)
def test_usual_names_are_recognised(names: list[str]) -> None:
    """Case, spaces, underscores, hyphens and characters nobody sees do not matter."""
    columns = find_columns(names, Input(), "x.csv")

    assert columns == Columns(named_by="associate_id", person=0, status=1, message=2)


def test_a_message_is_not_needed() -> None:
    """A job without messages is a job."""
    columns = find_columns(["status", "associateId"], Input(), "x.csv")

    assert columns == Columns(named_by="associate_id", person=1, status=0, message=None)


@pytest.mark.parametrize("configured", ["Ansatt", "ANSATT", "an_satt"])
def test_a_configured_name_wins(configured: str) -> None:
    """The name from the configuration is used, exact or nearly so; the usual one is just a column."""
    columns = find_columns(["associateId", "Ansatt", "status"], Input(associate_id=configured), "x.csv")

    assert columns.person == 1


def test_an_exact_name_wins_over_a_similar_one() -> None:
    """Two names that only differ in case can be told apart by writing the one meant."""
    columns = find_columns(["ANSATT", "Ansatt", "status"], Input(associate_id="Ansatt"), "x.csv")

    assert columns.person == 1


def test_a_configured_name_that_is_not_there(write: Write) -> None:
    """Where the configuration names a column, the error says so, and nothing else is taken for it."""
    path = write("associateId,status\n5,Away\n")

    assert refusal(path, associate_id="Ansatt") == (
        "FILE, line 1: no column called 'Ansatt', as input.associate_id says. "
        f'Found: associateId, status (separated by ","). {EXPECTED}'
    )


@pytest.mark.parametrize(
    ("name", "named_by"),
    [
        ("login", "login"),
        ("User name", "login"),
        ("userName", "login"),
        ("assocName", "login"),
        ("User Principal Name", "login"),
        ("UPN", "login"),
        ("E-mail", "email"),
        ("email address", "email"),
        ("Mail", "email"),
        ("Work Email", "email"),
        ("personEmail", "email"),
    ],
)
def test_people_may_be_named_by_login_or_email(name: str, named_by: str) -> None:
    """One column with names is enough, under what HR's programs and SuperOffice call it."""
    columns = find_columns(["status", name], Input(), "x.csv")

    assert columns == Columns(named_by=named_by, person=1, status=0, message=None)


@pytest.mark.parametrize("name", ["name", "sAMAccountName", "full name", "Chef", "Telefon", "Manager email"])
def test_other_names_are_not_guessed_at(name: str, write: Write) -> None:
    """What may be anybody's name in another system names nobody here."""
    path = write(f"{name},status\n5,Away\n")

    assert refusal(path) == (
        "FILE, line 1: no column for people (associateId, login or e-mail address). "
        f"Found: {name}, status "
        f'(separated by ","). {EXPECTED}'
    )


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("E-Mail;Anwesenheit;Nachricht;Von;Bis", ("email", 0, 1, 2, 3, 4)),
        ("BENUTZERNAME;Status;Kommentar;gültig ab;gültig bis", ("login", 0, 1, 2, 3, 4)),
        ("E-postadress;Frånvaro;Meddelande;Fr.o.m.;T.o.m.", ("email", 0, 1, 2, 3, 4)),
        ("Användarnamn;Närvaro;Kommentar;Från;Till", ("login", 0, 1, 2, 3, 4)),
        ("Brukernavn;Fravær;Melding;Fra og med;Til og med", ("login", 0, 1, 2, 3, 4)),
        ("E-post;Tilstedeværelse;Beskjed;Fra dato;Til dato", ("email", 0, 1, 2, 3, 4)),
        ("Brugernavn;Fravær;Besked;Første dag;Sidste dag", ("login", 0, 1, 2, 3, 4)),
        ("Gebruikersnaam;Afwezigheid;Bericht;Vanaf;Tot en met", ("login", 0, 1, 2, 3, 4)),
        ("E-mailadres;Beschikbaarheid;Opmerking;Begindatum;t/m", ("email", 0, 1, None, 3, 4)),
        ("Start date;End_Date;Work e-mail;Presence", ("email", 2, 3, None, 0, 1)),
        ("First day;Back on;login;Status;Notes", ("login", 2, 3, None, 0, 1)),
        ("Personalnummer;Benutzername;Anwesenheit", ("login", 1, 2, None, None, None)),
        ("id;SuperOffice associate-id;status", ("associate_id", 1, 2, None, None, None)),
        ("Från;login;Na\u0308rvaro", ("login", 1, 2, None, 0, None)),
        ("login;status;From;To;Subject", ("login", 0, 1, None, None, None)),
    ],
)  # fmt: skip
def test_names_in_the_languages_of_the_markets(header: str, columns: tuple[str | int | None, ...]) -> None:
    """A usual name is recognised in all six languages; no remark or mail's sender is."""
    found = find_columns(header.split(";"), Input(), "x.csv")

    assert (found.named_by, found.person, found.status, found.message, found.starts, found.ends) == columns


def test_each_name_has_one_meaning() -> None:
    """No usual name could mean two things, and no number of HR's is among them."""
    names = [name for names in (*ALIASES.values(), FOREIGN_NUMBERS) for name in names]

    assert len(names) == len(set(names))


def test_days_under_other_names() -> None:
    """The configuration names the days as well, also in a file that looks like a mailbox."""
    names = ["login", "status", "from", "Borte fra", "Tilbake", "Subject"]

    columns = find_columns(names, Input.model_validate({"from": "Borte fra", "until": "Tilbake"}), "x.csv")

    assert (columns.starts, columns.ends) == (3, 4)


def test_two_columns_for_a_day(write: Write) -> None:
    """Which of them is meant is not for us to decide."""
    path = write("login,status,Start date,Von\n")

    assert (
        refusal(path)
        == 'FILE, line 1: Start date and Von could both be from. Choose one: input.from = "Start date"'
    )


@pytest.mark.parametrize(
    "name",
    [
        "id", "ID", "Nr.", "User", "user_id", "employee", "employeeId", "Employee number", "Staff-No.",
        "Person", "Personalnummer", "Pers.-Nr.", "Mitarbeiternummer", "anställningsnummer", "Anst.nr",
        "Personnummer", "ansattnummer", "Ansatt-ID", "medarbejdernummer", "Lønnummer",
        "personeelsnummer", "Medewerker", "nummer",
    ],
)  # fmt: skip
def test_a_number_of_hr_names_nobody(name: str, write: Write) -> None:
    """Any such number is somebody's valid associateId: it is refused, and how to allow it is said."""
    path = write(f"{name},status\n5,Away\n")

    assert refusal(path) == f"FILE, line 1: {not_ours(repr(name), name)}"


def not_ours(shown: str, name: str) -> str:
    return (
        f"no column names people safely. A number in {shown} may be the "
        "associateId of another user. Add a column of logins or e-mail addresses to the export. Only if the "
        f'column has the associate IDs of SuperOffice, set input.associate_id = "{name}" '
        "(input.login, if it has logins)"
    )


def test_several_numbers_of_hr_are_all_named(write: Write) -> None:
    """None of them is better than another, and what else is missing is said at once."""
    path, both = write("id,Personalnummer,Message\n5,5,x\n"), "'id' or 'Personalnummer'"

    assert refusal(path) == (f"FILE, line 1: {not_ours(both, 'id')}. There is also no column for the status")


def test_a_configured_name_is_missed_first(write: Write) -> None:
    """Who has named the column of logins is told that it is not there, and nothing of numbers."""
    path = write("id,status\n5,Away\n")

    assert refusal(path, login="UPN").startswith(
        "FILE, line 1: no column called 'UPN', as input.login says. "
    )


def test_a_number_of_hr_may_be_allowed(write: Write) -> None:
    """Who says that it holds SuperOffice's numbers is believed."""
    path = write("Personalnummer,status\n5,Away\n")

    _, rows = read(path, associate_id="Personalnummer")

    assert rows[0].associate_id == 5


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("associateId,login", ("associateId and login both name people. "
         "Choose one: set input.associate_id or input.login")),
        ("E-mail,UPN", "UPN and E-mail both name people. Choose one: set input.login or input.email"),
        ("associateId,mail,login", ("associateId, login and mail all name people. "
         "Choose one: set input.associate_id, input.login or input.email")),
        ("mail,e-mail", 'mail and e-mail could both be email. Choose one: input.email = "mail"'),
    ],
)  # fmt: skip
def test_people_named_in_two_ways(header: str, said: str, write: Write) -> None:
    """Which of them counts is not for us to decide."""
    path = write(f"{header},status\n")

    assert refusal(path) == f"FILE, line 1: {said}"


@pytest.mark.parametrize("named_by", BY_NAME)
@pytest.mark.parametrize("name", ["HR", "associateId", "mail", "login"])
def test_a_configured_name_column_settles_who_names_people(named_by: str, name: str) -> None:
    """With input.login or input.email named, all other ways to name people are columns like any other."""
    names = dict.fromkeys(["associateId", "mail", "e-mail", "login", "status", name])

    columns = find_columns([*names], Input(**{named_by: name}), "x.csv")

    assert columns == Columns(named_by=named_by, person=[*names].index(name), status=4, message=None)


@pytest.mark.parametrize(("header", "named_by"), [("UPN,mail", "login"), ("login,E-post", "email")])
def test_one_configuration_may_serve_two_jobs(header: str, named_by: str) -> None:
    """Where two ways to name people are configured, the one that the job has is meant."""
    columns = find_columns([*header.split(","), "status"], Input(login="UPN", email="E-post"), "x.csv")

    assert columns.named_by == named_by


def test_a_job_that_has_both_configured_names(write: Write) -> None:
    """Two configured ways in one job are as unclear as two that are not."""
    path = write("E-post,UPN,status\n")

    assert refusal(path, login="UPN", email="E-post") == (
        "FILE, line 1: UPN and E-post both name people. Keep only input.login or input.email"
    )


def test_a_job_that_has_none_of_the_configured_names(write: Write) -> None:
    """An associateId is not taken in their place."""
    path = write("associateId,status\n")

    assert refusal(path, login="UPN", email="E-post") == (
        "FILE, line 1: no column called 'UPN', as input.login says "
        "and none called 'E-post', as input.email says. "
        f'Found: associateId, status (separated by ","). {EXPECTED}'
    )


@pytest.mark.parametrize("others", ["login", "login,username", "email,mail,login"])
def test_a_configured_identity_settles_who_names_people(others: str, write: Write) -> None:
    """With input.associate_id named, logins and e-mails are columns like any other, however many."""
    path = write(f"associateId,status,{others}\n5,Away{',x' * len(others.split(','))}\n")

    _, rows = read(path, associate_id="associateId")

    assert (rows[0].associate_id, rows[0].result) == (5, None)


def test_similar_names_do_not_settle_it(write: Write) -> None:
    """A configured name that fits two columns is not enough."""
    path = write("ANSATT,ansatt,status\n5,6,Away\n")

    assert refusal(path, associate_id="Ansatt") == (
        "FILE, line 1: ANSATT and ansatt could both be associate_id. Choose one: "
        'input.associate_id = "ANSATT"'
    )


def test_a_file_without_a_header_shows_none_of_its_cells(write: Write) -> None:
    """Reasons of absence never get into an error, also where a row is taken for the header."""
    path = write("5,Away,Migraine,Migraine\n6,Away,Migraine,Migraine\n")

    assert "Migraine" not in refusal(path)


def test_names_are_shown_clean(write: Write) -> None:
    """Names in an error cannot steer a terminal, and are few and short."""
    names = ["\x1b[31mred", "x" * 100, *(f"c{i}" for i in range(100))]
    path = write(",".join(names))

    said = refusal(path)

    assert said.isprintable()
    assert f"Found: [31mred, {'x' * 59}…, c0, " in said
    assert 'c37 (separated by ","). If a column' in said


@pytest.mark.parametrize(
    ("names", "row"),
    [
        *[("5,x,sick", True), ("a.b@example.com,x,sick", True), ("BO,StatusNotAvailable,sick", True)],
        *[("BO,away,sick", True), ("Navn,Kode,Ferie", True), ("Ansatt,Ferie,Syk", False)],
        *[("Ferie,Status,Syk", False), ("manager@odata.bind,name", False), ("Name,Code", False)],
    ],
)
def test_a_row_in_place_of_the_header_is_not_shown(names: str, row: bool) -> None:  # noqa: FBT001
    """Its cells may be reasons of absence, and a refusal goes into logs; the names of columns are shown."""
    said = columns_found(names.split(","))

    shown = "The first line looks like a row. Add a header: a line with the names of the columns"
    assert said == (shown if row else f"Found: {names.replace(',', ', ')}")


@pytest.mark.parametrize(
    "name",
    [
        "Return date",
        "First day back",
        "Back on",
        "Returning",
        "Rückkehr",
        "Rueckkehr",
        "Åter i tjänst",
        "Tilbake",
        "Tilbage",
        "Terug",
    ],
)
def test_a_first_day_back_is_an_end_of_its_own_kind(name: str) -> None:
    """A column whose name is that of a first day back ends a leave the day before."""
    columns = find_columns(["email", "status", "from", name], Input(), "x.csv")

    assert (columns.ends, columns.ends_means, columns.days_by_name) == (3, "first_day_back", True)


def test_a_last_day_wins_over_a_first_day_back() -> None:
    """Beside a last day, the first day back is not used."""
    columns = find_columns(["email", "status", "from", "Back on", "until"], Input(), "x.csv")

    assert (columns.ends, columns.ends_means) == (4, "last_day")


@pytest.mark.parametrize(
    ("name", "config", "meaning"),
    [
        ("Back on", {}, "first_day_back"),
        ("Ferieslutt", {}, "last_day"),
        ("Ferieslutt", {"until_means": "first_day_back"}, "first_day_back"),
        ("Back on", {"until_means": "last_day"}, "last_day"),
    ],
)
def test_what_a_configured_end_means(name: str, config: dict[str, Any], meaning: str) -> None:
    """The setting decides; without it, the name of the column does."""
    columns = find_columns(["email", "status", name], Input(until=name, **config), "x.csv")

    assert (columns.ends, columns.ends_means, columns.days_by_name) == (2, meaning, False)


@pytest.mark.parametrize("key", ["from_", "until"])
def test_an_empty_name_says_that_there_is_no_such_day(key: str) -> None:
    """A column of days that is recognised by its name can be switched off."""
    columns = find_columns(["email", "status", "from", "until"], Input(**{key: ""}), "x.csv")

    assert (columns.starts, columns.ends) == ((None, 3) if key == "from_" else (2, None))
    assert find_columns(["email", "status"], Input(**{key: ""}), "x.csv").days_by_name is False


def test_one_column_may_be_both_days() -> None:
    """A file with a row for each day has one column of days."""
    columns = find_columns(["email", "status", "Date"], Input(from_="Date", until="Date"), "x.csv")

    assert (columns.starts, columns.ends) == (2, 2)
