"""Machines that share a database, in one process: each has a state directory and connections of its own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presence_worker.fleet.member import FleetMember
from presence_worker.fleet.run_file import pack_outcomes, save
from presence_worker.fleet.shared_archive import FleetArchive
from presence_worker.journal import JOURNAL, Journal, Settled
from presence_worker.model import Row
from presence_worker.settings.fleet import Fleet
from tests.journal.given import RUN, staged

TAKE = """INSERT INTO lease (target, token, holder, until) VALUES (%s, 1, %s, now() + interval '30 s')
    ON CONFLICT (target) DO UPDATE SET token = lease.token + 1, holder = excluded.holder,
        until = excluded.until, run_id = NULL RETURNING token"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A target as somebody holds it."""

    target: str
    token: int


class Machine:
    """Owns one machine's copies and connections."""

    def __init__(self, url: str, state_dir: Path, **fleet: object) -> None:
        self.member = FleetMember(Fleet.model_validate({"database": url, **fleet}))
        self.archive = FleetArchive(state_dir, self.member)
        self.archive.prepare()

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Carry out a statement; return the rows of its answer."""
        with self.member.database.connection() as connection:
            found = connection.execute(query.encode(), values)
            return found.fetchall() if found.description else []

    def take(self, target: str = RUN.target) -> Taken:
        """Hold a target, whoever has it."""
        ((token,),) = self.ask(TAKE, target, self.member.id)
        assert isinstance(token, int)
        return Taken(target=target, token=token)

    def let_go(self, held: Taken) -> None:
        """Give a target back."""
        self.ask("UPDATE lease SET holder = NULL WHERE target = %s AND token = %s", held.target, held.token)

    def die(self) -> None:
        """Let the leases of this machine run out."""
        self.ask("UPDATE lease SET until = now() - interval '1 s' WHERE holder = %s", self.member.id)

    def stage(self, held: Taken, rows: list[Row] | int = 5, **run: Any) -> Journal:
        """Begin a run, and save it; the caller closes its journal."""
        folder = self.archive.new_folder()
        number = self.archive.index.take_number(folder.name, ())
        journal = staged(folder / JOURNAL, rows, run_id=folder.name, order=number, target=held.target, **run)
        save(self.member, held, journal)
        return journal

    def run(self, target: str = RUN.target, state: str = "finished", **changes: Any) -> str:
        """Make a run that has ended; return its id."""
        held = self.take(target)
        with closing(self.stage(held, state=state, **changes)) as journal:
            run_id = journal.run().run_id
        self.let_go(held)
        return run_id

    def log(self, run_id: str, held: Taken, seq: int, handed_out: int, outcomes: list[Settled]) -> None:
        """Write what has come of a run, as the machine at work on it does."""
        packed = self.member.sealing.seal(pack_outcomes(outcomes)) if outcomes else None
        query = "INSERT INTO log VALUES (%s, %s, %s, %s, %s, %s)"
        self.ask(query, run_id, held.token, seq, handed_out, len(outcomes), packed)


@contextmanager
def machine(url: str, state_dir: Path, **fleet: object) -> Iterator[Machine]:
    """Yield a machine that shares the database at *url*."""
    made = Machine(url, state_dir, **fleet)
    try:
        yield made
    finally:
        made.member.close()
