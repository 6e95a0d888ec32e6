"""Room for the end of a run: kept from the start, gone afterwards, and no run begins without it."""

from pathlib import Path

import pytest

from presence_worker.errors import Stopped
from presence_worker.journal import give_back_reserve, take_reserve
from presence_worker.journal.filesystem import RESERVE, RESERVED


def test_it_is_kept_and_given_back(tmp_path: Path) -> None:
    """It takes room that no file system can save, and leaves nothing; to give it back twice is no fault."""
    take_reserve(tmp_path)
    kept = (tmp_path / RESERVE).read_bytes()

    give_back_reserve(tmp_path)
    give_back_reserve(tmp_path)

    assert (len(kept), len(set(kept)) > 200) == (RESERVED, True)
    assert not list(tmp_path.iterdir())


def test_without_room_no_run_begins(tmp_path: Path) -> None:
    """The folder that cannot be written is named."""
    with pytest.raises(Stopped, match="nowhere"):
        take_reserve(tmp_path / "nowhere")
