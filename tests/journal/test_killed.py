"""A process that is killed: the journal tells exactly what is known, and nothing that is not."""

from contextlib import closing
from pathlib import Path

from presence_worker.journal import JOURNAL, Archive, Journal
from presence_worker.journal.archive import is_staged
from presence_worker.model import Result

from . import victim as parts
from .given import UPDATED, each_change, record, results, results_on_disk, same, staged
from .killing import said, victim


def test_killed_while_staging(tmp_path: Path) -> None:
    """Half a job is no job: nothing of it is ever sent, and the next run sweeps it away."""
    archive = Archive(tmp_path)
    archive.prepare()
    folder = archive.new_folder()
    with victim(parts.stage, folder / JOURNAL) as process:
        assert said(process) == "amid"
        assert (folder / f"{JOURNAL}-wal").stat().st_size > 1_000_000  # some of it was on disk

    staged_at_all, folders = is_staged(folder / JOURNAL), archive.folders()
    archive.sweep(archive.index.runs())

    assert (staged_at_all, folders, folder.exists()) == (False, [], False)


def test_killed_while_delivering(path: Path) -> None:
    """What was answered is known, what was handed out is in doubt, and the rest was not sent."""
    staged(path).close()
    with victim(parts.deliver, path) as process:
        assert said(process) == "amid"

    expected = {1: "updated", 2: "unknown", 3: "unknown", 4: "not_sent", 5: "not_sent"}
    assert results_on_disk(path) == expected


def test_the_work_of_a_killed_process_is_finished(path: Path) -> None:
    """The next session sends what is in doubt as such, then the rest, and no row is told of twice."""
    staged(path).close()
    with victim(parts.deliver, path) as process:
        assert said(process) == "amid"

    with closing(Journal.open(path)) as journal:
        journal.sessions.begin("resume", rate=10)
        changes = list(each_change(journal))
        record(journal, dict.fromkeys(range(2, 6), UPDATED))
        journal.sessions.end(seconds=1, gets=0)

        assert [(c.row, c.in_doubt) for c in changes] == [(2, True), (3, True), (4, False), (5, False)]
        assert results(journal) == same(Result.UPDATED, 5)


def test_killed_while_recording(path: Path) -> None:
    """Each outcome that `record` returned for is there; at most the row amid is in doubt."""
    staged(path, 5000).close()
    with victim(parts.record_all, path) as process:
        last = [int(said(process)) for _ in range(50)][-1]
        process.kill()
        while word := said(process):
            last = int(word)

    found = list(results_on_disk(path).values())
    updated, unknown = found.count("updated"), found.count("unknown")
    assert found == ["updated"] * updated + ["unknown"] * unknown + ["not_sent"] * (5000 - updated - unknown)
    assert (updated >= last >= 50, unknown <= 1, updated < 5000) == (True, True, True)
