"""What a service reads again before a run: only what has changed."""

import os
import time
from pathlib import Path

import pytest

from presence_worker.cli.options import Options
from presence_worker.cli.served_configuration import ServedConfiguration
from presence_worker.serve.served_targets import LoadedTargets, ServedTargets

LONG_AGO = 100.0  # seconds
TARGET = (
    '[target]\nbase_url = "http://127.0.0.1:1/{name}"\n[auth]\nusername = "a"\npassword_file = "secret"\n'
)


class Counting:
    """Counts how often the configuration is read."""

    def __init__(self, folder: Path) -> None:
        config = folder / "presence-worker.toml"
        config.write_text(f'targets = "targets"\n[storage]\nstate_dir = "{folder / "state"}"\n')
        (folder / "targets").mkdir()
        (folder / "targets" / "secret").write_text("any")
        (folder / "targets" / "secret").chmod(0o600)
        for name in "ab":
            (folder / "targets" / f"{name}.toml").write_text(TARGET.format(name=name))
        for path in (config, *(folder / "targets").iterdir()):
            grow_old(path)
        options = Options(config, False, False, False, 0, True, {}, (), ())  # noqa: FBT003 - as typed
        self.configuration = ServedConfiguration(options, None, has_front=False)
        self.readings = 0

    def load(self) -> LoadedTargets:
        """Read it."""
        self.readings += 1
        return self.configuration.load()


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    for name in [name for name in os.environ if name.startswith("PRESENCE_WORKER_")]:
        monkeypatch.delenv(name)
    return Counting(tmp_path)


@pytest.fixture
def targets(counting: Counting) -> ServedTargets:
    return ServedTargets(counting.load, counting.configuration.mark)


def grow_old(path: Path, seconds: float = LONG_AGO) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_what_has_not_changed_is_not_read_again(counting: Counting, targets: ServedTargets) -> None:
    """With many targets, reading all of them before each run would take longer than the runs."""
    found = [targets.context(name).target for name in "abab"]

    assert found == [f"http://127.0.0.1:1/{name}" for name in "abab"]
    assert counting.readings == 1


def test_a_file_that_changed_is_read_again(
    counting: Counting, targets: ServedTargets, tmp_path: Path
) -> None:
    """A change counts for the next run, however old its time says it is."""
    changed = tmp_path / "targets" / "a.toml"
    changed.write_text(TARGET.format(name="other"))
    grow_old(changed, LONG_AGO / 2)

    found = [targets.context("a").target for _ in range(2)]

    assert found == ["http://127.0.0.1:1/other"] * 2
    assert counting.readings == len(["at first", "again"])


def test_a_new_target_is_found(counting: Counting, targets: ServedTargets, tmp_path: Path) -> None:
    """A file that is written just now is read at each run: it may change without a new time."""
    (tmp_path / "targets" / "c.toml").write_text(TARGET.format(name="c"))

    found = [targets.context("c").target for _ in range(2)]

    assert found == ["http://127.0.0.1:1/c"] * 2
    assert counting.readings == len(["at first", "again", "once more"])


def test_a_broken_target_is_read_until_it_is_right(
    counting: Counting, targets: ServedTargets, tmp_path: Path
) -> None:
    """What breaks it may be outside of the files, such as a secret that is missing."""
    (tmp_path / "targets" / "b.toml").write_text("wrong")
    grow_old(tmp_path / "targets" / "b.toml")
    targets.context("a")
    before = counting.readings

    targets.context("a")

    assert counting.readings == before + 1
