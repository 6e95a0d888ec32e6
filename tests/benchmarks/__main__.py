"""From the names of benchmarks to a table and an exit code."""

import argparse
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from .child import PINNED, BrokenTrialError
from .figures import Figure, table
from .trial import WORKER, Extent

BENCHMARKS = {  # name: the module, loaded when it is its turn, and the function in it
    "cpu": ("cpu", "measure"),
    "throughput": ("throughput", "measure"),
    "pace": ("pace", "measure"),
    "upsets": ("upsets", "measure"),
    "growth": ("growth", "measure"),
    "startup": ("startup", "measure"),
    "earlier": ("earlier_runs", "measure"),
    "notify": ("notified", "measure"),
    "returns": ("returns", "measure"),
    "check": ("check", "measure"),
    "xlsx": ("check", "measure_workbook"),
    "unchanged": ("unchanged", "measure"),
    "scaling": ("scaling", "measure"),
    "fleet": ("fleet", "measure"),
    "loop": ("loop", "measure"),  # these three make this process large, and so its children
    "staging": ("report", "measure_staging"),
    "report": ("report", "measure"),
}
UNCHANGING = ("bare_loop.py", "echo_server.py", "trial.py")  # the loop, the service, and how both are paired
Benchmark = Callable[[Path, Extent], list[Figure]]  # in a folder that it may fill
ALL_MET, GOAL_MISSED, NOT_MEASURED = 0, 1, 2  # exit codes


def main() -> int:
    """Measure, print the table, give the exit code."""
    arguments = _arguments()
    extent = Extent(worker=arguments.worker.absolute(), quick=arguments.quick)
    figures, broken = measure(arguments.names or list(BENCHMARKS), extent)
    sys.stdout.write(f"\n{_machine()}\n{_digests()}\n\n{table(figures, judged=not extent.quick)}\n")
    for name, error in broken.items():
        sys.stderr.write(f"\n{name}: not measured: {error}\n")
    missed = any(figure.goal and not figure.goal.met for figure in figures)
    return NOT_MEASURED if broken else GOAL_MISSED if missed and not extent.quick else ALL_MET


def measure(
    names: Sequence[str], extent: Extent
) -> tuple[list[Figure], dict[str, BrokenTrialError | OSError]]:
    """Carry the named benchmarks out; one that cannot be carried out does not keep the others from it."""
    figures: list[Figure] = []
    broken: dict[str, BrokenTrialError | OSError] = {}
    for name in names:
        sys.stderr.write(f"{name} …\n")
        try:
            module, function = BENCHMARKS[name]
            figures += rehearsed(getattr(import_module(f"{__package__}.{module}"), function), extent)
        except (BrokenTrialError, OSError) as error:
            broken[name] = error
    return figures, broken


def rehearsed(benchmark: Benchmark, extent: Extent) -> list[Figure]:
    """Carry a benchmark out, after once with tiny sizes: by then what it measures has filled its caches."""
    if not extent.quick:
        _carried_out(benchmark, replace(extent, quick=True))
    return _carried_out(benchmark, extent)


def _carried_out(benchmark: Benchmark, extent: Extent) -> list[Figure]:
    with TemporaryDirectory(prefix="benchmark-") as folder:
        return benchmark(Path(folder), extent)


def _machine() -> str:
    cores = "one core each for client and server" if PINNED else "one core for all"
    return f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()}, {cores}"


def _digests() -> str:
    """Give what tells whether the same was measured in the same way: the SHA-256 of what must not change."""
    digests = ((name, sha256(Path(__file__).with_name(name).read_bytes())) for name in UNCHANGING)
    return "\n".join(f"{name}: sha256 {digest.hexdigest()}" for name, digest in digests)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", type=_known, metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, no judgement: does it all still run?"
    )
    parser.add_argument(
        "--worker",
        type=Path,
        default=WORKER,
        metavar="FILE",
        help="the program to measure (default: %(default)s)",
    )
    return parser.parse_args()


def _known(name: str) -> str:
    """Give the name of a benchmark back; argparse's own `choices` refuses a list that may be empty."""
    if name not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"no such benchmark: {name}; there are {', '.join(BENCHMARKS)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
