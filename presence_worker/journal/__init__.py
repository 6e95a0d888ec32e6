"""What was asked and what became of it, on disk: the only memory of a run."""

from .archive import (
    LAST,
    Archive,
    id_made_ago,
    is_run_folder,
    made_ago,
    run_id,
)
from .connection import is_full
from .counts import NOT_DONE, UNSETTLED
from .durable import sync_directory
from .glance import untouched
from .index import KnownRun
from .job_input import Comparison, Correction, DroppedEntry, JobInput, StoredSettings
from .locks import NoLocks, is_at_work, run_lock, target_lock
from .logged import LOGGED, Unlogged
from .outbox import Outbox, RowsAhead, Settled
from .private import check_owner, is_trusted
from .reading import Reader
from .records import (
    Dated,
    Delivery,
    Ending,
    Fate,
    Fault,
    Finding,
    Named,
    RunRecord,
    Scheduled,
    ScheduledFate,
    Sending,
    Session,
    Unnamed,
    Wish,
    Work,
    now,
)
from .reserve import give_back_reserve, take_reserve
from .store import JOURNAL, Journal

__all__ = [
    "JOURNAL",
    "LAST",
    "LOGGED",
    "NOT_DONE",
    "UNSETTLED",
    "Archive",
    "Comparison",
    "Correction",
    "Dated",
    "Delivery",
    "DroppedEntry",
    "Ending",
    "Fate",
    "Fault",
    "Finding",
    "JobInput",
    "Journal",
    "KnownRun",
    "Named",
    "NoLocks",
    "Outbox",
    "Reader",
    "RowsAhead",
    "RunRecord",
    "Scheduled",
    "ScheduledFate",
    "Sending",
    "Session",
    "Settled",
    "StoredSettings",
    "Unlogged",
    "Unnamed",
    "Wish",
    "Work",
    "check_owner",
    "give_back_reserve",
    "id_made_ago",
    "is_at_work",
    "is_full",
    "is_run_folder",
    "is_trusted",
    "made_ago",
    "now",
    "run_id",
    "run_lock",
    "sync_directory",
    "take_reserve",
    "target_lock",
    "untouched",
]
