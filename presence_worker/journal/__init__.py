"""What was asked and what became of it, on disk: the only memory of a run."""

from .archive import (
    JOURNAL,
    LAST,
    Archive,
    id_made_ago,
    is_readable,
    is_run_folder,
    is_staged,
    run_id,
    untouched,
)
from .counts import NOT_DONE, UNSETTLED
from .durable import sync_directory
from .locks import is_at_work, run_lock, target_lock
from .reading import Reader
from .records import (
    Dated,
    Delivery,
    Fate,
    Finding,
    Named,
    RunRecord,
    Scheduled,
    ScheduledFate,
    Sending,
    Session,
    Wish,
    Work,
    now,
)
from .store import Journal

__all__ = [
    "JOURNAL",
    "LAST",
    "NOT_DONE",
    "UNSETTLED",
    "Archive",
    "Dated",
    "Delivery",
    "Fate",
    "Finding",
    "Journal",
    "Named",
    "Reader",
    "RunRecord",
    "Scheduled",
    "ScheduledFate",
    "Sending",
    "Session",
    "Wish",
    "Work",
    "id_made_ago",
    "is_at_work",
    "is_readable",
    "is_run_folder",
    "is_staged",
    "now",
    "run_id",
    "run_lock",
    "sync_directory",
    "target_lock",
    "untouched",
]
