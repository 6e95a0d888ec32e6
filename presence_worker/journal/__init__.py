"""Rows and their results, on disk: the only memory of a run."""

from ..model import NOT_DONE, UNSETTLED
from .archive import LAST, Archive, id_made_ago, is_run_folder, moment_ago, run_id
from .database import SqlRow, now
from .dated_rows import Dated, Named, Scheduled, ScheduledResult, Unnamed
from .filesystem import (
    check_owner,
    give_back_reserve,
    is_full,
    is_trusted,
    make_private,
    open_beside,
    put_in_place,
    sync_directory,
    take_reserve,
    unusable,
    write_whole,
)
from .index import KnownRun, RunIndex
from .journal import JOURNAL, Journal, open_untouched, save_file
from .lease import Lease, LocalLease, OutboxInThreads
from .locks import RUN_LOCK, NoLocks, hold_lock, is_at_work, is_held, run_lock, service_lock, target_lock
from .open_rows import OpenRow, Person, ReturnedRow
from .outbox import LocalOutbox, Outbox, Pages, RowsAhead, Settled
from .results import LOGGED, Fault, LoggedRows, ResultCount, RowResult, TriedRow, Unlogged
from .rows import Finding, PendingRow
from .run_record import Comparison, Correction, DroppedEntry, Ending, JobInput, RunRecord, StoredSettings
from .sessions import PastSession, SendingFigures, Work

__all__ = [
    "JOURNAL",
    "LAST",
    "LOGGED",
    "NOT_DONE",
    "RUN_LOCK",
    "UNSETTLED",
    "Archive",
    "Comparison",
    "Correction",
    "Dated",
    "DroppedEntry",
    "Ending",
    "Fault",
    "Finding",
    "JobInput",
    "Journal",
    "KnownRun",
    "Lease",
    "LocalLease",
    "LocalOutbox",
    "LoggedRows",
    "Named",
    "NoLocks",
    "OpenRow",
    "Outbox",
    "OutboxInThreads",
    "Pages",
    "PastSession",
    "PendingRow",
    "Person",
    "ResultCount",
    "ReturnedRow",
    "RowResult",
    "RowsAhead",
    "RunIndex",
    "RunRecord",
    "Scheduled",
    "ScheduledResult",
    "SendingFigures",
    "Settled",
    "SqlRow",
    "StoredSettings",
    "TriedRow",
    "Unlogged",
    "Unnamed",
    "Work",
    "check_owner",
    "give_back_reserve",
    "hold_lock",
    "id_made_ago",
    "is_at_work",
    "is_full",
    "is_held",
    "is_run_folder",
    "is_trusted",
    "make_private",
    "moment_ago",
    "now",
    "open_beside",
    "open_untouched",
    "put_in_place",
    "run_id",
    "run_lock",
    "save_file",
    "service_lock",
    "sync_directory",
    "take_reserve",
    "target_lock",
    "unusable",
    "write_whole",
]
