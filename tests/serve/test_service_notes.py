"""What the service keeps for the time after a restart."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from presence_worker.serve.service_notes import FORMER_REFUSED, FORMER_STOPPED, ServiceNotes

from .memory_queue import MemoryQueue

LONG = 0.2  # seconds: more than a second change would need


class SlowQueue(MemoryQueue):
    """Owns a queue whose first writer waits until a second one has come, or is kept out."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._second = Event()

    def remember(self, name: str, value: str) -> None:
        if not self._second.wait(LONG):
            self._second.set()
        super().remember(name, value)


def both_at_once(queue: MemoryQueue, *changes: Callable[[], None]) -> ServiceNotes:
    """Make changes in threads; give what the next service reads."""
    with ThreadPoolExecutor() as threads:
        for change in [threads.submit(change) for change in changes]:
            change.result()
    notes = ServiceNotes(queue)
    notes.read()
    return notes


def test_two_runs_stopped_at_once(tmp_path: Path) -> None:
    """Both were acknowledged, so neither is resumed by itself."""
    queue = SlowQueue(tmp_path)
    notes = ServiceNotes(queue)

    found = both_at_once(queue, lambda: notes.note_stop("a"), lambda: notes.note_stop("b"))

    assert found.stopped == {"a", "b"}


def test_two_targets_refused_at_once(tmp_path: Path) -> None:
    """Neither signs in again with what was refused."""
    queue = SlowQueue(tmp_path)
    notes = ServiceNotes(queue)

    found = both_at_once(
        queue, lambda: notes.note_refused("a", "run-1"), lambda: notes.note_refused("b", "run-2")
    )

    assert found.refused == {"a": "run-1", "b": "run-2"}


def test_one_target_is_corrected_while_another_is_refused(tmp_path: Path) -> None:
    """What is forgotten does not come back."""
    queue = SlowQueue(tmp_path)
    queue.kept[FORMER_REFUSED] = '{"a": "run-0"}'
    notes = ServiceNotes(queue)
    notes.read()

    found = both_at_once(queue, lambda: notes.note_refused("b", "run-2"), lambda: notes.forget_refused("a"))

    assert found.refused == {"b": "run-2"}


def test_two_machines_note_at_once(tmp_path: Path) -> None:
    """What one of them notes or forgets leaves the notes of the other alone."""
    queue = MemoryQueue(tmp_path)
    here, there = ServiceNotes(queue), ServiceNotes(queue)
    for each in (here, there):
        each.read()

    here.note_refused("a", "run-1")
    there.note_refused("b", "run-2")
    there.note_stop("job-2")
    here.note_stop("job-1")
    here.forget_stop("job-1")

    there.read()
    assert there.refused == {"a": "run-1", "b": "run-2"}
    assert there.stopped == {"job-2"}


def test_what_a_former_version_noted(tmp_path: Path) -> None:
    """It is known after an upgrade, and forgotten like all that is noted since."""
    queue = MemoryQueue(tmp_path)
    queue.kept = {FORMER_STOPPED: '["job-1", "job-2"]', FORMER_REFUSED: '{"a": "run-0"}'}
    notes = ServiceNotes(queue)

    notes.read()
    notes.forget_stop("job-1")

    again = ServiceNotes(queue)
    again.read()
    assert again.refused == {"a": "run-0"}
    assert again.stopped == {"job-2"}
