"""The page on monitoring: its sample of a mail, and its tables of fields, are as the code has them."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from presence_worker.next_step import NextStep
from presence_worker.notify.channels.chat_formats import write_json
from presence_worker.notify.channels.shown_parts import parts_of, plain_text
from presence_worker.notify.message import Message
from tests.manual.documents import TEXTS, blocks, table

RUN = "20261123T061000Z-7f3a"
SAMPLE = Message(
    id=f"{RUN}.finished.1",
    target="crm.example.com",
    run_id=RUN,
    label=None,
    state="finished",
    exit_code=3,
    headline="401 of 415 rows done. 14 need attention: HR 14.",
    counts={"updated": 380, "unchanged": 21, "invalid": 14},
    reasons={"unknown_identity": 14},
    since="2026-11-23T06:10:00Z",
    repeated=0,
    link=None,
    next=NextStep(("run", f"/var/lib/presence-worker/runs/{RUN}/failed.csv")),
    version="0.1.0",
)


def test_the_mail_looks_as_printed() -> None:
    """The page shows a mail as people get it: subject, headline, lines, next command, origin."""
    parts = parts_of(SAMPLE)

    mail = f"Subject: {parts.title}\n\n{parts.headline}\n\n{plain_text(parts)}\n"

    assert mail in [block.text for block in blocks("monitoring", "text")]


def test_the_script_for_apprise_works(tmp_path: Path) -> None:
    """The script gets a message on standard input, and ends with the exit code of apprise."""
    apprise = tmp_path / "apprise"
    apprise.write_text('#!/bin/sh\nshift 2\nprintf "%s\\n" "$@"\nexit 3\n')
    apprise.chmod(0o755)
    (script,) = blocks("monitoring", "python")

    ended = subprocess.run(
        [sys.executable, "-c", script.text],
        input=write_json(SAMPLE)[1],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
    )

    assert ended.returncode == 3
    assert ended.stdout.decode().splitlines() == [
        "--title",
        "presence-worker: crm.example.com",
        "--body",
        SAMPLE.headline,
        f"presence-worker run /var/lib/presence-worker/runs/{RUN}/failed.csv",
    ]


def test_each_field_of_a_message_is_explained() -> None:
    """The table of fields names all members of a message, in their order."""
    cells = [row[0] for row in table("monitoring", "field | meaning")]

    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]

    assert named == [field.name for field in fields(Message)]


def test_never_means_the_same_on_both_pages() -> None:
    """What a message never has stands on the page on security, too."""
    never = ("a name, a login, an e-mail address", "associate ID", "words of SuperOffice")

    pages = [" ".join(TEXTS[name].split()) for name in ("security", "monitoring")]

    assert [words for words in never for page in pages if words not in page] == []
