"""Variables of the environment that libraries would obey, and with which they give secrets away."""

import os
import sys
from pathlib import Path

import pytest

from presence_worker.cli.main import UNHEEDED, main
from tests.run.given import away, called, write_csv


def test_a_key_log_is_neither_written_nor_in_the_way(tmp_path: Path) -> None:
    """One that could be written is not; one that could not is no reason to fail."""
    job, keys = write_csv(tmp_path / "job.csv", away([1])), tmp_path / "keys.log"
    codes = []
    for place in (keys, tmp_path / "missing" / "keys.log"):
        surroundings = {**os.environ, "SSLKEYLOGFILE": str(place)}
        options = ("--sandbox", "--state-dir", tmp_path / "state", "-q")
        codes.append(called("run", job, *options, env=surroundings).code)

    assert codes == [0, 0]
    assert not keys.exists()


def test_no_plugin_of_the_settings_library_is_loaded(tmp_path: Path) -> None:
    """Whatever else is installed beside us: it would be shown every password."""
    (tmp_path / "spy-1.0.dist-info").mkdir()
    (tmp_path / "spy-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: spy\nVersion: 1.0\n"
    )
    (tmp_path / "spy-1.0.dist-info" / "entry_points.txt").write_text("[pydantic]\nspy = spy:plugin\n")
    (tmp_path / "spy.py").write_text(f"import pathlib\npathlib.Path({str(tmp_path / 'loaded')!r}).touch()\n")

    ended = called("runs", "--state-dir", tmp_path / "state", env={**os.environ, "PYTHONPATH": str(tmp_path)})

    assert (ended.code, ended.err) == (0, "")
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize("name", UNHEEDED)
def test_what_gives_secrets_away_is_forgotten_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any library that would obey it is loaded."""
    monkeypatch.setenv(name, "1")
    monkeypatch.setattr("sys.argv", ["presence-worker", "--version"])
    monkeypatch.setattr("os._exit", sys.exit)  # a thread of another test may still be at work

    with pytest.raises(SystemExit):
        main()

    assert name not in os.environ
