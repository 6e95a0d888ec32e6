"""This machine's copies of what the jobs of all machines bring, in STATE/shared-queue/."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import Locked, StateFault
from ..journal import Archive, hold_lock, make_private, unusable, write_whole
from ..queue.contents import Contents, sync_file

FOLDER = "shared-queue"  # in the state directory
PATIENCE = 60.0  # seconds for other processes of this machine
BUSY = "another process has held the folder of the queue for a minute; try again"


class ContentCopies:
    """Owns the folder. All methods may raise StateFault."""

    def __init__(self, state_dir: Path, find_over: Callable[[Sequence[str]], Iterable[str]]) -> None:
        """Take the state directory, and what finds the jobs that do not need what they have brought."""
        self.folder = state_dir.absolute() / FOLDER
        self.kept = self.folder / "content"
        self._contents = Contents(self.folder / "incoming", self.kept)
        self._find_over = find_over
        self._changing = threading.Lock()
        self._is_prepared = False

    @contextmanager
    def receive(self) -> Iterator[Path]:
        """Yield a folder that is deleted at the end."""
        with self._locked():
            folder, receiving = self._contents.open_incoming()
        with receiving:
            yield folder

    def read(self, content: Path) -> bytes:
        """Return what was received."""
        with self._on_disk():
            return content.read_bytes()

    def keep(self, content: Path, job_id: str, file_name: str | None) -> None:
        """Keep what was received; where the disk does not take it, it is fetched when the job begins."""
        with suppress(OSError):
            sync_file(content)
            self._contents.take(content, job_id, file_name)

    def write(self, place: Path, content: bytes) -> None:
        """Write what was fetched to its *place*."""
        with self._locked():
            make_private(place.parent)
            write_whole(place, lambda file: file.write(content) >= 0)

    def delete(self, job_id: str) -> None:
        """Delete what a job has brought."""
        self._contents.delete(job_id)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder, against threads and processes of this machine; the first time, clean it up."""
        with self._on_disk(), self._changing:
            if not self._is_prepared:
                Archive(self.folder.parent).prepare()
                for folder in (self._contents.incoming, self.kept):
                    make_private(folder)
            with hold_lock(self.folder / "queue.lock", BUSY, patience=PATIENCE):
                if not self._is_prepared:
                    self._clean_up()
                    self._is_prepared = True
                yield

    def _clean_up(self) -> None:
        """Delete what killed programs have left, and what jobs that are over have brought."""
        self._contents.sweep_incoming()
        there = [path.name for path in self.kept.iterdir()]  # each is of a job
        for job_id in self._find_over(there) if there else ():
            self.delete(job_id)

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """Raise StateFault for what the disk says."""
        try:
            yield
        except OSError as error:
            raise unusable(self.folder, error) from error
        except Locked as busy:  # which is about a target, for those who call us
            raise StateFault(str(busy)) from None
