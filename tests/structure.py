"""The figures of the package's structure: `python -m tests.structure` shows them, `--list` where they are.

All are of the package alone, the sandbox included; lines are counted as they stand in the files. LIMITS is a
ratchet: no figure may get worse than it is.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from tests.places import (
    Module,
    Place,
    bodies,
    cycles,
    depths,
    docstring_verbs,
    files,
    ignores,
    inner_imports,
    lines_with_any,
    mappings_to_any,
    package,
    parameters,
    participles,
    same_class_names,
    same_file_names,
    upward_imports,
)
from tests.row_way import lines_of, row_way

Find = Callable[[Sequence[Module]], Iterable[Place]]
Count = Callable[[Sequence[int]], int]  # of the sizes of all places


class Limit(NamedTuple):
    """What a figure must not exceed, and what it shall come down to; None: it is only shown."""

    now: int | None
    goal: int | None = None


LIMITS = {  # lower *now* whenever a figure has become better
    "files of a row's way": Limit(now=28, goal=27),
    "lines of a row's way": Limit(now=4027, goal=3500),
    "modules": Limit(now=390, goal=190),
    "lines": Limit(now=None),
    "file names in two folders": Limit(now=0, goal=0),
    "class names in two modules": Limit(now=0, goal=0),
    "bare participles": Limit(now=0, goal=0),
    "lines with Any": Limit(now=36, goal=38),
    "lines with a dict of Any": Limit(now=2, goal=10),
    "inner imports": Limit(now=1, goal=2),
    "function lines, median": Limit(now=5),
    "function lines, 90 %": Limit(now=14),
    "function lines, longest": Limit(now=25, goal=25),
    "parameters, most": Limit(now=6, goal=6),
    "nesting, deepest": Limit(now=4),
    "import cycles": Limit(now=0, goal=0),
    "upward imports": Limit(now=0, goal=0),
    "ignores": Limit(now=80),
    "docstring verbs": Limit(now=0, goal=0),
}
WORST = 3  # so many places are listed where a figure is that of the worst


@cache
def steps() -> list[Place]:
    """Follow a row, once; return each file that it reaches, with its lines."""
    return [Place(f"{file}:1", "", lines_of(file)) for file in row_way()]


def worst(sizes: Sequence[int]) -> int:
    """Return the largest size."""
    return max(sizes, default=0)


def at(share: float) -> Count:
    """Make the function that returns the size which *share* of all places do not exceed."""
    return lambda sizes: sorted(sizes)[int(share * len(sizes))] if sizes else 0


MEASURES: dict[str, tuple[Find, Count]] = {
    "files of a row's way": (lambda _: steps(), len),
    "lines of a row's way": (lambda _: steps(), sum),
    "modules": (files, len),
    "lines": (files, sum),
    "file names in two folders": (same_file_names, len),
    "class names in two modules": (same_class_names, len),
    "bare participles": (participles, len),
    "lines with Any": (lines_with_any, len),
    "lines with a dict of Any": (mappings_to_any, len),
    "inner imports": (inner_imports, len),
    "function lines, median": (bodies, at(0.5)),
    "function lines, 90 %": (bodies, at(0.9)),
    "function lines, longest": (bodies, worst),
    "parameters, most": (parameters, worst),
    "nesting, deepest": (depths, worst),
    "import cycles": (lambda _: cycles(), len),
    "upward imports": (lambda _: upward_imports(), len),
    "ignores": (ignores, len),
    "docstring verbs": (docstring_verbs, len),
}
SILENT = ("modules", "lines", "function lines, median", "function lines, 90 %")  # of which no place is wrong


def measure(name: str, modules: Sequence[Module]) -> tuple[int, list[Place]]:
    """Return a figure, and the places that make it up."""
    find, count = MEASURES[name]
    places = list(find(modules))
    return count([found.size for found in places]), places


def places_to_list(name: str, places: list[Place]) -> list[Place]:
    """Choose what to list of a figure: all, the worst, or nothing."""
    if name in SILENT:
        return []
    if MEASURES[name][1] is not worst:
        return places
    return sorted(places, key=lambda found: -found.size)[:WORST]


def lines_about(name: str, modules: Sequence[Module], *, with_places: bool) -> Iterator[str]:
    """Yield the line of a figure, and those of its places."""
    figure, places = measure(name, modules)
    limit = LIMITS[name]
    yield f"{name:28}{figure:>8}{text_of(limit.now):>8}{text_of(limit.goal):>8}"
    if with_places:
        for found in places_to_list(name, places):
            size = f" ({found.size})" if MEASURES[name][1] is worst else ""
            yield f"    {found.where}  {found.what}{size}"


def text_of(number: int | None) -> str:
    """Write a number, or that there is none."""
    return "-" if number is None else str(number)


def main(arguments: Sequence[str]) -> None:
    """Print all figures beside their limits, then the row's way."""
    parser = argparse.ArgumentParser(prog="python -m tests.structure", description=__doc__)
    parser.add_argument("--list", action="store_true", help="show where each figure comes from")
    with_places = parser.parse_args(arguments).list
    modules = package()
    sys.stdout.write(f"{'':28}{'now':>8}{'limit':>8}{'goal':>8}\n")
    for name in LIMITS:
        lines = lines_about(name, modules, with_places=with_places and "row's way" not in name)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write("\nA row's way, in the order in which it reaches the files\n\n")
    sys.stdout.writelines(f"{step.size:>6}  {step.where.removesuffix(':1')}\n" for step in steps())


if __name__ == "__main__":
    main(sys.argv[1:])
