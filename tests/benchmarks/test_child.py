"""What is measured runs as it does where it is installed."""

import os
import sys
from pathlib import Path

from .__main__ import rehearsed
from .child import run
from .figures import Figure
from .trial import Extent


def test_a_child_may_keep_what_it_compiles(tmp_path: Path) -> None:
    """Where we must not write bytecode, a child may: else it would compile all of itself at each start."""
    asked = [sys.executable, "-c", "import sys; sys.exit(sys.dont_write_bytecode)"]

    run(asked, tmp_path, {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})  # raises if the child exits 1


def test_a_benchmark_is_rehearsed_in_a_folder_of_its_own() -> None:
    """Caches are full before the first round that counts, and nothing else is left of the rehearsal."""
    carried_out: list[tuple[Path, bool]] = []

    def benchmark(folder: Path, extent: Extent) -> list[Figure]:
        carried_out.append((folder, extent.quick))
        return [Figure(label=f"{extent.quick}", unit="", samples=[1])]

    figures = rehearsed(benchmark, Extent())

    assert [figure.label for figure in figures] == ["False"]
    assert [quick for _, quick in carried_out] == [True, False]
    assert len({folder for folder, _ in carried_out}) == 2
