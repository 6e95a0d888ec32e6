"""Who works on a target: leases are taken, renewed for as long as we live, and given back."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import psycopg
import structlog

from ..errors import DatabaseAway, Locked, PresenceWorkerError
from .connections import Connection, meaning
from .held_target import MARGIN, HeldTarget, Member, clock

AGAIN = 1.0  # seconds until what could not be renewed is tried again
ADD = "INSERT INTO lease (target) VALUES (%s) ON CONFLICT DO NOTHING"
# who dies leaves requests that may be late: only the run that they belong to may send until then
TAKE = """UPDATE lease SET token = token + 1, holder = %(holder)s, run_id = %(run_id)s, stop_by = NULL,
        until = now() + %(lease)s * interval '1 second', grace = %(grace)s * interval '1 second',
        quiet_run = CASE WHEN holder IS NULL OR %(is_new)s AND holder = %(holder)s THEN quiet_run
            WHEN quiet_until > now() AND quiet_run IS DISTINCT FROM run_id THEN NULL ELSE run_id END,
        quiet_until = CASE WHEN holder IS NULL OR %(is_new)s AND holder = %(holder)s THEN quiet_until
            ELSE greatest(quiet_until, until + grace) END
    WHERE target = %(target)s AND (holder IS NULL OR until < now()
        OR holder = %(holder)s AND %(is_new)s)  -- an answer to us was lost
    RETURNING token, extract(epoch FROM quiet_until - now())::float8, quiet_run"""
RENEW = """WITH mine AS (
    SELECT target FROM lease JOIN unnest(%(targets)s::text[], %(tokens)s::bigint[]) AS held (target, token)
        USING (target, token)
    WHERE holder = %(holder)s ORDER BY target FOR UPDATE OF lease SKIP LOCKED
), seen AS (
    UPDATE worker SET seen_at = now() WHERE id = %(holder)s
)
UPDATE lease SET until = now() + %(lease)s * interval '1 second' FROM mine WHERE lease.target = mine.target
    RETURNING lease.target, token, stop_by"""
OURS = """SELECT target, token FROM lease WHERE holder = %s AND target = ANY(%s)"""
GIVE_BACK = """UPDATE lease SET holder = NULL, until = NULL, stop_by = NULL,
        quiet_run = CASE WHEN NOT %(late)s THEN quiet_run
            WHEN quiet_until > now() AND quiet_run IS DISTINCT FROM run_id THEN NULL ELSE run_id END,
        quiet_until = CASE WHEN %(late)s THEN greatest(quiet_until, now() + grace) ELSE quiet_until END
    WHERE target = %(target)s AND token = %(token)s AND holder = %(holder)s"""
BUSY = (
    "another run is at work on {}, perhaps on another machine; wait until it has ended, then run this again"
)
log = structlog.get_logger()
Key = tuple[str, int]
Values = dict[str, str | float | None]  # of a statement


class LeaseKeeper:
    """Owns the leases of this process, and the thread with a connection of its own that renews them."""

    def __init__(self, member: Member, *, now: Callable[[], float] = clock) -> None:
        self.held: dict[str, HeldTarget] = {}  # by target
        self._member = member
        self._now = now
        self._lease = member.settings.lease
        self._taking: set[str] = set()
        self._leaving: list[HeldTarget] = []  # that could not be given back yet
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._changing = threading.Condition()
        self._renewing = threading.Lock()
        self._is_over = self._is_away = False

    # -- taking and giving back ------------------------------------------------------------------------------

    def take(self, target: str, grace: float, run_id: str | None = None) -> HeldTarget:
        """Take a target that is free, or whose holder has not renewed it in time; else raise Locked.

        *grace* is the seconds in which a request ends that is on its way. Raise DatabaseAway.
        """
        values: Values = {"holder": self._member.id, "run_id": run_id, "target": target, "grace": grace}
        with self._only_once(target) as is_new:
            held = self._take({**values, "lease": self._lease, "is_new": is_new})
            with self._changing:
                before, self.held[target] = self.held.get(target), held
            if before:
                before.lose()
        self.start()
        return held

    @contextmanager
    def _only_once(self, target: str) -> Iterator[bool]:
        """Let one thread take a target; yield whether we do not hold it, as far as we know."""
        with self._changing:
            if target in self._taking:
                raise Locked(BUSY.format(target))
            self._taking.add(target)
            is_new = target not in self.held and all(each.target != target for each in self._leaving)
        try:
            yield is_new
        finally:
            with self._changing:
                self._taking.discard(target)

    def _take(self, values: Values) -> HeldTarget:
        target = str(values["target"])

        def work(connection: Connection) -> tuple[float, tuple[int, float | None, str | None] | None]:
            sent = self._now()
            taken = connection.execute(TAKE, values).fetchone()
            if taken is None and connection.execute(ADD, [target]).rowcount:
                taken = connection.execute(TAKE, values).fetchone()
            return sent, taken

        sent, taken = self._member.database.work(work)
        if taken is None:
            raise Locked(BUSY.format(target))
        token, quiet, quiet_run = taken
        held = HeldTarget(self._member, target, token, now=self._now)
        held.extend(sent + self._lease - MARGIN)
        if quiet is not None and quiet > 0:
            held.keep_quiet(self._now() + quiet, quiet_run)
        return held

    def give_back(self, held: HeldTarget, *, in_flight: bool = False) -> None:
        """Let go of a target; where the database is away, as soon as it is back. Nothing is raised.

        *in_flight*: a request may still be on its way.
        """
        held.is_late = held.is_late or in_flight
        with self._changing:
            if self.held.get(held.target) is held:
                del self.held[held.target]
        if held.is_lost:
            return
        held.lose()
        try:
            if self._is_away or held.has_given_up:
                raise DatabaseAway("")
            self._member.database.work(lambda connection: self._release(held, connection))
        except PresenceWorkerError:
            with self._changing:
                self._leaving.append(held)
                self._changing.notify_all()

    def renew(self) -> bool:
        """Renew what is held, and give back what was left; return whether nothing is left to do."""
        with self._renewing, meaning():
            return self._renew_all()

    def start(self) -> None:
        """Renew from now on, also while nothing is held: a worker is seen to be alive."""
        with self._changing:
            self._changing.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="leases")
                self._thread.start()

    def close(self) -> None:
        """End the thread; what is held ends by itself."""
        with self._changing:
            self._is_over = True
            self._changing.notify_all()
        if self._thread:
            self._thread.join(AGAIN)

    def _release(self, held: HeldTarget, connection: Connection) -> None:
        values = {"target": held.target, "token": held.token, "holder": self._member.id, "late": held.is_late}
        connection.execute(GIVE_BACK, values)

    # -- in the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        wait = self._lease / 3
        while self._sleep(wait):
            try:
                wait = self._lease / 3 if self.renew() else AGAIN
                self._is_away = False
            except PresenceWorkerError as error:
                if not self._is_away:
                    log.warning("lease.not_renewed", detail=str(error))
                self._is_away = True
                wait = AGAIN
                self._disconnect()
            except Exception as error:
                log.exception("lease.failed", error=type(error).__name__)
                wait = AGAIN
                self._disconnect()
        self._disconnect()

    def _sleep(self, seconds: float) -> bool:
        """Return True when it is time, False at the end."""
        with self._changing:
            self._changing.wait_for(
                lambda: self._is_over or bool(self._leaving and not self._is_away), seconds
            )
            return not self._is_over

    def _renew_all(self) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = self._member.database.connect()
        while self._leaving:
            self._release(self._leaving[0], self._connection)
            del self._leaving[0]
        with self._changing:
            mine = {(each.target, each.token): each for each in self.held.values() if not each.is_lost}
        sent = self._now()
        missing = set(mine)
        for target, token, stop_by in self._renew([*mine], self._connection):
            held = mine[target, token]
            held.extend(sent + self._lease - MARGIN)
            missing.discard((target, token))
            if stop_by:
                held.ask_to_stop(stop_by)
        return not missing or self._look_after(missing, mine, self._connection)

    def _renew(self, keys: Sequence[Key], connection: Connection) -> list[tuple[str, int, str | None]]:
        values = {"holder": self._member.id, "lease": self._lease}
        targets, tokens = [target for target, _ in keys], [token for _, token in keys]
        return connection.execute(RENEW, {**values, "targets": targets, "tokens": tokens}).fetchall()

    def _look_after(self, missing: set[Key], mine: Mapping[Key, HeldTarget], connection: Connection) -> bool:
        """Let go of leases that are another's; return whether that is so of all that are *missing*."""
        asked = [self._member.id, [target for target, _ in missing]]
        busy = missing & set(connection.execute(OURS, asked).fetchall())  # others read them just now
        for key in missing - busy:
            log.warning("lease.lost", target=key[0])
            mine[key].lose()
        return not busy

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
