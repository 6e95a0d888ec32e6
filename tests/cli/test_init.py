"""`init` asks what is needed, and writes a configuration that works."""

import os
import select
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from presence_worker.cli.first_files import configuration_text, write_files
from presence_worker.errors import UsageFault
from presence_worker.sandbox import Sandbox
from tests.run.given import Ended, Worker, called, next_words

SECRET = "Kanarienvogel-7Q"
NEEDED = {  # scheme: options, and the secrets in their order
    "basic": (["--username", "hr"], ["password"]),
    "ntlm": (["--username", r"COMPANY\hr"], ["password"]),
    "soticket": ([], ["ticket"]),
    "bearer": ([], ["token"]),
    "oauth": (["--tenant", "Cust12345", "--client-id", "app"], ["client_secret", "refresh_token"]),
    "system-user": (
        ["--tenant", "Cust12345", "--private-key-file", "key.pem"],
        ["client_secret", "system_user_token"],
    ),
    "xsrf": ([], ["xsrf_token", "cookie"]),
}
FILE = Path("presence-worker.toml")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    for name in [name for name in os.environ if name.startswith("PRESENCE_WORKER_")]:
        monkeypatch.delenv(name)


def init(url: str, *words: str, text: str = f"{SECRET}\n") -> Ended:
    """Call `init` without a terminal."""
    return called("init", "--base-url", url, *words, "--secret-stdin", "--yes", text=text)


def configured() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def test_each_part_of_the_file_stands_apart() -> None:
    """A blank line comes before the comment that begins a part."""
    text = configuration_text({"target.base_url": "https://crm.example.com", "auth.username": "hr"}, {})

    for part in ("The SuperOffice in which", "How presence-worker signs in", "What HR's file", "How many"):
        assert f"\n\n# {part}" in text


def test_what_it_writes_works(sandbox: Sandbox, worker: Worker) -> None:
    """Without an edit, `check` and `doctor` accept it; from anywhere, as the secret has its whole path."""
    ended = init(sandbox.url, "--username", "hr")
    checked = worker.call("doctor", "--state-dir", str(worker.state), "--json")

    assert (ended.code, checked.code) == (0, 0)
    assert "sign-in          signed in (basic)" in ended.out
    assert configured()["auth"]["password_file"] == str(Path("presence-worker.password").absolute())
    assert {check["verdict"] for check in checked.summary["checks"]} <= {"ok", "skipped"}


@pytest.mark.parametrize("scheme", NEEDED)
def test_each_way_to_sign_in_has_what_it_needs(scheme: str) -> None:
    """All secrets in files of their own, which only the owner can read; none of them is printed."""
    words, secrets = NEEDED[scheme]
    where = [] if "--tenant" in words else ["--base-url", "http://127.0.0.1:9"]
    text = "".join(f"{SECRET}-{name}\n" for name in secrets)

    ended = called("init", *where, *words, "--scheme", scheme, "--secret-stdin", "--yes", "--json", text=text)

    auth = configured()["auth"]
    files = {name: Path(auth[f"{name}_file"]) for name in secrets}
    assert ended.code == 0
    assert auth["scheme"] == scheme
    assert "private_key_file" not in auth or auth["private_key_file"] == str(Path("key.pem").absolute())
    assert {name: file.read_text() for name, file in files.items()} == {
        name: f"{SECRET}-{name}\n" for name in secrets
    }
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
    assert SECRET not in ended.out + ended.err + FILE.read_text()
    wrong = [
        check["words"] for check in ended.summary["doctor"]["checks"] if check["name"] == "configuration"
    ]
    assert not any("not set" in words for words in wrong)


def test_json_is_one_object(sandbox: Sandbox) -> None:
    """With the files, and what `doctor` found."""
    told = init(sandbox.url, "--username", "hr", "--json").summary

    assert (told["state"], told["exit_code"], told["doctor"]["exit_code"]) == ("finished", 0, 0)
    assert told["files"] == {
        "configuration": str(FILE.absolute()),
        "password": str(Path("presence-worker.password").absolute()),
    }


def test_whatever_doctor_finds_the_files_are_written() -> None:
    """Exit 0: the server may be down today. What comes next is named."""
    ended = init("http://127.0.0.1:9", "--username", "hr", "--json")

    assert (ended.code, ended.summary["doctor"]["exit_code"]) == (0, 6)
    assert next_words(ended) == ["doctor", "--config", str(FILE.absolute())]
    assert ended.err.splitlines()[-1] == f"Next: {ended.summary['next']}"


@pytest.mark.parametrize("there", ["presence-worker.toml", "presence-worker.password"])
def test_a_file_that_is_there_is_never_overwritten(there: str, sandbox: Sandbox) -> None:
    """It is named, nothing is written, and no secret is read."""
    Path(there).write_text("mine")

    ended = init(sandbox.url, "--username", "hr", "--json")

    assert ended.code == 2
    assert ended.summary["message"].startswith(
        f"{Path(there).absolute()} is there already; nothing was written"
    )
    assert [path.read_text() for path in Path().iterdir()] == ["mine"]


def test_a_variable_may_give_the_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be set twice then, so the reader learns to unset it."""
    monkeypatch.setenv("PRESENCE_WORKER_AUTH__PASSWORD", SECRET)

    ended = called("init", "--base-url", sandbox.url, "--username", "hr", "--yes", text="")

    assert ended.code == 0
    assert "Unset PRESENCE_WORKER_AUTH__PASSWORD: its value is in a file now." in ended.out
    assert "sign-in          signed in (basic)" in ended.out  # doctor does not see it twice
    assert Path("presence-worker.password").read_text() == f"{SECRET}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--username", "hr"), "the address of SuperOffice is missing: give --base-url or --tenant"),
        (("--base-url", "http://127.0.0.1:9"), "Give User name: --username, Password: --secret-stdin"),
        (("--base-url", "crm.example.com"), "option --base-url: must be an address"),
        (("--tenant", "A/B"), "option --tenant: expected a tenant such as Cust12345"),
        (
            ("--base-url", "http://127.0.0.1:9", "--username", "hr", "--secret-stdin"),
            "--secret-stdin: expected",
        ),
        (("--base-url", "http://127.0.0.1:9", "--output", "b.toml", "--username", "hr"), "Give Password"),
    ],
)
def test_without_a_terminal_nothing_is_asked(words: tuple[str, ...], told: str) -> None:
    """A job that cannot answer does not wait for ever."""
    ended = called("init", *words, "--json", text="")

    assert (ended.code, ended.summary["state"]) == (2, "refused")
    assert told in ended.summary["message"]
    assert [*Path().iterdir()] == []


@pytest.mark.parametrize("text", ["", f"{SECRET}\n{SECRET}\n", f"{SECRET}\x1b[A\n", "\n"])
def test_a_secret_is_one_line_of_plain_text(text: str) -> None:
    """Escapes of an arrow key would be part of a password that nobody can type."""
    ended = init("http://127.0.0.1:9", "--username", "hr", text=text)

    assert ended.code == 2
    assert "option --secret-stdin: expected one line for each secret: Password" in ended.err
    assert [*Path().iterdir()] == []


def test_a_file_that_came_in_between_is_kept() -> None:
    """Nothing is written over it, and no secret is left behind."""
    FILE.write_text("theirs")

    with pytest.raises(UsageFault, match=r"presence-worker\.toml is there already; nothing was written"):
        write_files(FILE.absolute(), {"auth.username": "hr", "auth.password": SECRET})

    assert {path.name: path.read_text() for path in Path().iterdir()} == {FILE.name: "theirs"}


def test_a_place_that_cannot_be_written_leaves_nothing(sandbox: Sandbox) -> None:
    """Neither of the files."""
    ended = init(sandbox.url, "--username", "hr", "--output", "nowhere/presence-worker.toml", "--json")

    assert ended.code == 2
    assert "option --output: the folder" in ended.err
    assert next_words(ended) == ["init", "--help"]
    assert [*Path().iterdir()] == []


@pytest.mark.parametrize("value", [r"C:\ProgramData\pw.password", 'a"b', "a'b\\c", "Ærø"])
def test_any_text_is_written_so_that_it_can_be_read(value: str) -> None:
    """Quotes, backslashes and letters of the north."""
    text = configuration_text({"target.base_url": value, "auth.username": value}, {})

    told = tomllib.loads(text)
    assert (told["target"]["base_url"], told["auth"]["username"]) == (value, value)
    assert max(map(len, text.splitlines())) <= 100


class Person:
    """Owns a terminal at which `init` asks."""

    def __init__(self, *words: str) -> None:
        pty = pytest.importorskip("pty")
        pid, self.screen = pty.fork()
        if not pid:
            os.execv(sys.executable, [sys.executable, "-m", "presence_worker", "init", *words])
        self.pid, self.shown = pid, ""

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, then type."""
        while question not in self.shown:
            self.shown += os.read(self.screen, 4096).decode()
        os.write(self.screen, text.encode())

    def leave(self, key: str = "", *, pause: float = 1.0) -> int:
        """Read to the end; give the exit code. Until then press the *key* now and then, as people do."""
        try:
            while True:
                if select.select([self.screen], [], [], pause)[0]:
                    self.shown += os.read(self.screen, 4096).decode()
                elif key:  # pressed a moment before the program began to wait for it
                    os.write(self.screen, key.encode())
        except OSError:  # so a terminal ends
            pass
        os.close(self.screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_at_a_terminal_it_asks(sandbox: Sandbox) -> None:
    """What is wrong is asked again; the password is not shown."""
    person = Person()
    person.answer("Cust12345): ", "crm\n")
    person.answer("The address: must be", "")
    person.answer("Cust12345): ", f"{sandbox.url}\n")
    person.answer("[basic]: ", "\n")
    person.answer("User name: ", "hr\n")
    person.answer("Password: ", f"{SECRET}\n")

    assert person.leave() == 0
    assert "signed in (basic)" in person.shown
    assert SECRET not in person.shown
    assert Path("presence-worker.password").read_text() == f"{SECRET}\n"


def test_a_file_that_is_there_is_named_before_any_question() -> None:
    """Nobody answers five questions in vain."""
    FILE.write_text("mine")
    person = Person()

    assert person.leave("\x03", pause=20) == 2  # Ctrl-C would end a question
    assert "is there already; nothing was written" in person.shown
    assert "Cust12345" not in person.shown


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize("question", ["User name: ", "Password: "])
def test_ctrl_c_writes_nothing(question: str, key: str) -> None:
    """Exit 130, and a folder as it was."""
    person = Person("--base-url", "http://127.0.0.1:9", "--scheme", "basic")
    if question == "Password: ":
        person.answer("User name: ", "hr\n")
    person.answer(question, key)

    assert person.leave(key) == 130
    assert "--config" not in person.shown
    assert "Traceback" not in person.shown
    assert [*Path().iterdir()] == []
