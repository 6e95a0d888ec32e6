"""What doctor says of the service: its port, its files, the queue and the folders; it changes nothing."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import service_lock
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay

from .given import Doctor, Told, answering

TOKEN = f'[serve.tokens]\nimport = {{ sha256 = "{"0" * 64}", roles = ["submit"] }}\n'


def examine(doctor: Doctor, text: str, name: str, code: int = 0) -> Told:
    """Examine a SuperOffice that is well, with a configuration."""
    doctor.configure(text)
    with answering() as server:
        examined = doctor(server.url)
    assert examined.ended.code == code
    return examined.told(name)


def test_the_port(doctor: Doctor) -> None:
    """It is free, or another program has it, or the service itself."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        number = other.getsockname()[1]
        text = f'[serve]\nlisten = "127.0.0.1:{number}"\n{TOKEN}'

        taken = examine(doctor, text, "service", 2)
        with service_lock(doctor.state):
            ours = examine(doctor, text, "service")
    free = examine(doctor, text, "service")

    assert (taken.verdicts, free.verdicts, ours.verdicts) == (["fault"], ["ok"], ["ok"])
    assert f"127.0.0.1:{number}" in taken.words
    assert ours.words == "the service is at work"


def test_a_certificate_that_cannot_be_used(doctor: Doctor, tmp_path: Path) -> None:
    """A file that is no certificate is found before the night."""
    (tmp_path / "tls.pem").write_text("no certificate")
    files = f"tls_cert_file = '{tmp_path}/tls.pem'\ntls_key_file = '{tmp_path}/tls.pem'\n"

    told = examine(doctor, f'[serve]\nlisten = "127.0.0.1:0"\n{files}{TOKEN}', "service")

    assert told.verdicts == ["warning", "ok"]
    assert str(tmp_path / "tls.pem") in told.words


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_files_with_secrets_that_everybody_can_read(doctor: Doctor, tmp_path: Path) -> None:
    """The secret of webhooks is one of them."""
    secret = tmp_path / "webhook-secret"
    secret.write_text("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")
    secret.chmod(0o644)

    told = examine(doctor, f"[serve]\nwebhook_secret_file = '{secret}'\n", "secret files")

    assert told.verdicts == ["warning"]
    assert str(secret) in told.words


def test_the_queue(doctor: Doctor) -> None:
    """It says how many jobs wait. A queue that does not exist is not created."""
    before = examine(doctor, TOKEN, "queue")
    assert not (doctor.state / "queue").exists()
    new = NewJob(target="a", command=JobCommand.RUN, way=JobWay.SCHEDULE)
    FolderQueue(doctor.state).put(new, None)

    after = examine(doctor, TOKEN, "queue")

    assert (before.verdicts, after.verdicts) == (["ok"], ["ok"])
    assert "does not exist yet" in before.words
    assert after.words == "1 job waits"


def test_folders(doctor: Doctor, tmp_path: Path) -> None:
    """Each folder must be there, and we must be able to move files in it."""
    (tmp_path / "there").mkdir()
    text = "".join(f"[[serve.inbox]]\nfolder = '{tmp_path}/{name}'\n" for name in ("there", "nowhere"))

    told = examine(doctor, text, "folders")

    assert told.verdicts == ["ok", "warning"]
    assert f"{tmp_path / 'nowhere'}: no such folder" in told.words


def test_nothing_is_checked_without_a_service(doctor: Doctor) -> None:
    """Who only uses `run` reads nothing of the service."""
    for name in ("service", "queue", "folders"):
        assert examine(doctor, "", name).verdicts == []
