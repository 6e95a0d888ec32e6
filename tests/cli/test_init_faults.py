"""`init` refuses what cannot work, names the option, and leaves nothing behind."""

import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from presence_worker.cli.first_files import write_files
from presence_worker.errors import Terminated
from tests.cli.test_init import FILE, SECRET, Person, desk
from tests.run.given import called, next_words

__all__ = ["desk"]
NOWHERE = "http://127.0.0.1:9"
ADDRESS = ("--base-url", NOWHERE)
VALUES = {"auth.username": "hr", "auth.password": SECRET}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--base-url", "ht!tp//x y"), "option --base-url: must be an address"),
        (("--base-url", "https://ann:pw@crm.example.com"), "option --base-url: give only host and path"),
        (("--base-url", "https://crm.example.com/?"), "option --base-url: give only host and path"),
        (("--base-url", "http://crm.example.com"), "option --base-url: http sends the credentials"),
        (("--tenant", "foo", "--scheme", "oauth"), "option --tenant: expected a tenant"),
        (("--tenant", "Cust12345", *ADDRESS), "--base-url and --tenant: give only one"),
        (("--tenant", "Cust12345"), "option --scheme is missing"),
        ((*ADDRESS, "--username", "a\x1bb"), "option --username: has control characters"),
        ((*ADDRESS, "--username", os.fsdecode(b"\xff")), "option --username: has control characters"),
        ((*ADDRESS, "--output", "/nonexist/x.toml"), "option --output: the folder /nonexist does not exist"),
        ((*ADDRESS, "--output", "/"), "option --output: / is a folder"),
        ((*ADDRESS, "--output", os.fsdecode(b"\xff.toml")), "option --output: the path has control"),
        ((*ADDRESS, "--set", "delivery.rate=5"), "option --set: delivery.rate is not in"),
    ],
)
def test_an_option_that_cannot_work_is_named(words: tuple[str, ...], told: str) -> None:
    """The next command is another one: the same command cannot work. No file is left."""
    more = () if "--username" in words else ("--username", "hr")
    ended = called("init", *words, *more, "--secret-stdin", "--yes", "--json", text=f"{SECRET}\n")

    assert ended.code == 2
    assert told in ended.summary["message"]
    assert next_words(ended) == ["init", "--help"]
    assert [*Path().iterdir()] == []


def test_a_password_in_another_encoding_is_explained() -> None:
    """Latin-1 is not UTF-8: the sentence says so."""
    text = "P\udce6ssord\n"  # one byte of Latin-1
    words = ("init", *ADDRESS, "--username", "hr", "--secret-stdin", "--yes", "--json")
    Path("secret").write_bytes(os.fsencode(text))
    with Path("secret").open("rb") as stdin:
        ended = called(*words, stdin=stdin)

    assert ended.code == 2
    assert "--secret-stdin: standard input is not UTF-8" in ended.summary["message"]


def test_an_http_server_can_be_configured() -> None:
    """The setting stands in the file, so that each command accepts the address."""
    words = ("--set", "target.allow_http=true", "--set", "target.verify_reads=false")
    where = ("--base-url", "http://crm.invalid", "--username", "hr")
    ended = called("init", *where, *words, "--secret-stdin", "--yes", text=f"{SECRET}\n")

    assert ended.code == 0
    target = tomllib.loads(FILE.read_text())["target"]
    assert target == {"base_url": "http://crm.invalid", "allow_http": True, "verify_reads": False}


def test_a_tenant_may_be_written_in_small_letters() -> None:
    """SuperOffice writes Cust12345."""
    words = ("--tenant", "cust12345", "--scheme", "bearer", "--secret-stdin", "--yes")

    assert called("init", *words, text=f"{SECRET}\n").code == 0
    assert tomllib.loads(FILE.read_text())["target"]["tenant"] == "Cust12345"


@pytest.mark.parametrize("umask", [0o077, 0o022])
def test_the_umask_decides_who_reads_the_configuration(umask: int) -> None:
    """As with any other program; the secret is only for its owner."""
    before = os.umask(umask)
    try:
        files = write_files(FILE.absolute(), VALUES)
    finally:
        os.umask(before)

    assert files["configuration"].stat().st_mode & 0o777 == 0o666 & ~umask
    assert files["password"].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("calls", [1, 2])
def test_a_signal_between_two_files_leaves_none(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password without its configuration would keep the next `init` from working."""
    link: Callable[[Path, Path], None] = Path.hardlink_to
    countdown: Iterator[int] = iter(range(calls - 1, -1, -1))

    def interrupted(file: Path, new: Path) -> None:
        link(file, new)
        if not next(countdown):
            raise Terminated("a signal came")

    monkeypatch.setattr(Path, "hardlink_to", interrupted)
    with pytest.raises(Terminated):
        write_files(FILE.absolute(), VALUES)

    assert [*Path().iterdir()] == []


def test_a_person_is_asked_whether_http_is_meant() -> None:
    """No leads back to the address; yes is written into the file."""
    person = Person("--scheme", "bearer")
    person.answer("Cust12345): ", "http://crm.invalid\n")
    person.answer("[y/N]: ", "n\n")
    person.answer("begins with https", "http://crm.invalid\n")
    person.shown = ""
    person.answer("[y/N]: ", "y\n")
    person.answer("Token: ", f"{SECRET}\n")

    assert person.leave() == 0
    assert tomllib.loads(FILE.read_text())["target"]["allow_http"] is True
