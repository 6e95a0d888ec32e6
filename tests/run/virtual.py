"""Nights in virtual days: real runs against a service on a socket, on any day."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from presence_worker.journal import Archive
from presence_worker.report import Summary
from presence_worker.run.commands import run_job, undo_run
from presence_worker.run_context import RunContext
from presence_worker.schedule.list_and_cancel import list_schedule
from presence_worker.settings import Settings
from presence_worker.superoffice import open_client, target_name
from tests.raw_server import RawServer
from tests.told import as_told

from .crm import Crm

HEADER = "associateId,status,message,from,until"
EVERYBODY_ELSE = "99,Present,,,"  # keeps a file from being empty
INPUT = {"statuses": {"Cancelled": "withdrawn", "Ignored": "ignore"}, "from": "from", "until": "until"}


def day_of(number: int) -> date:
    return date(2026, 12, number)


class Virtual:
    """Owns a worker's state and a service: lets files be delivered on days of December."""

    def __init__(self, folder: Path, server: RawServer, crm: Crm, **config: Any) -> None:
        self.folder = folder
        self.crm = crm
        self.config: dict[str, Any] = {
            "target": {"base_url": server.url},
            "auth": {"username": "night", "password": "day"},
            "input": {**INPUT, **config},
            "delivery": {"rate": 100_000},
            "safety": {"max_changes": "none", "max_invalid": "none"},
            "storage": {"state_dir": folder / "state"},
        }
        settings = Settings(**self.config)
        self.context = RunContext(
            settings=settings,
            day=day_of(1),
            archive=Archive(settings.storage.state_dir),
            target=target_name(settings.target, settings.auth.login_url),
            options=(),
            input_options=(),
            open_service=partial(open_client, settings),
        )

    def on(self, day: int, **changes: Any) -> RunContext:
        """Give the surroundings of a command on a day; settings of sections may change."""
        sections: dict[str, Any] = {name: {**self.config[name], **new} for name, new in changes.items()}
        settings = Settings(**{**self.config, **sections})
        return replace(self.context, day=day_of(day), settings=settings)

    def file(self, *rows: str, header: str = HEADER) -> Path:
        path = self.folder / "leave.csv"
        path.write_text("\n".join([header, *rows, ""]), "utf-8")
        return path

    def night(self, day: int, *rows: str, header: str = HEADER, last: str = EVERYBODY_ELSE) -> dict[str, Any]:
        """Deliver a file on a day."""
        return self.do(run_job(str(self.file(*rows, *([last] if last else []), header=header)), self.on(day)))

    def undo(self, day: int, run: str = "last") -> dict[str, Any]:
        return self.do(undo_run(run, self.on(day)))

    def schedule(self, day: int) -> list[tuple[int, str, int]]:
        """Give what is to come: who, what, and on which day of December."""
        steps = list_schedule(self.on(day))
        return [(step.leave.associate_id, step.next, step.on.day) for step in steps]

    def held(self, person: int) -> str:
        """Give what somebody holds: their message, or "." for who is present."""
        status, message = self.crm.held[person]
        return "." if status == "StatusNormal" else message or "?"

    @staticmethod
    def do(work: Coroutine[Any, Any, Summary]) -> dict[str, Any]:
        """Give what programs read of a run."""
        return as_told(asyncio.run(work))
