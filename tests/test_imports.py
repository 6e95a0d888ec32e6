"""The import ladder: a module knows what is below it, and nothing else."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import presence_worker

HOME = Path(presence_worker.__file__).parent
LADDER = (  # low to high; on a rung, each may import those before it
    (
        "loading",
        "sanitize",
        "wording",
        "private_settings",
        "next_step",
        "manual_pages",
        "json_form",
        "errors",
        "clock",
        "operator_files",
        "target_files",
        "command_options",
        "message_text",
        "message_template",
        "date_formats",
        "languages",
        "cron",
        "failed_csv",
        "threads",
    ),
    ("run_states", "model", "settings", "shutdown", "events", "help_pages"),
    ("journal", "report"),
    ("delivery", "superoffice", "intake"),
    ("queue",),
    ("fleet",),
    ("run_context",),
    ("schedule", "runs", "notify"),
    ("run",),
    ("serve",),
    ("check", "doctor", "manual"),
    ("cli", "__main__"),
)
STRANGERS = LADDER[3]  # on this rung, nobody knows the others
RUNG = {name: number for number, names in enumerate(LADDER) for name in names}
SANDBOX_KNOWS = 1  # the rung up to which the sandbox may import


def dotted(path: Path) -> str:
    """Give a module's name below the package; "" for the package itself."""
    return ".".join(path.relative_to(HOME).with_suffix("").parts).removesuffix("__init__").rstrip(".")


PATHS = {dotted(path): path for path in sorted(HOME.rglob("*.py"))}
PACKAGES = {dotted(path) for path in HOME.rglob("__init__.py")}


@cache
def nodes(module: str) -> list[ast.AST]:
    """Give all nodes of a module, its own first."""
    return list(ast.walk(ast.parse(PATHS[module].read_text("utf-8"))))


def imported(module: str) -> Iterator[str]:
    """Yield the modules of ours that *module* imports."""
    for node in nodes(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == HOME.name]
            yield from (name.removeprefix(HOME.name).lstrip(".") for name in names)
        elif isinstance(node, ast.ImportFrom):
            start = origin(module, node)
            if start is not None:
                whole = (f"{start}.{alias.name}".lstrip(".") for alias in node.names)
                yield from (name if name in PATHS else start for name in whole)


def origin(module: str, node: ast.ImportFrom) -> str | None:
    """Give the module that names are imported from, None where it is not ours."""
    if not node.level:
        name = node.module or ""
        return name.removeprefix(HOME.name).lstrip(".") if name.split(".")[0] == HOME.name else None
    parts = module.split(".") if module else []
    above = parts[: len(parts) - node.level + (module in PACKAGES)]
    return ".".join([*above, *([node.module] if node.module else [])])


def may_import(importer: str, below: str) -> bool:
    """Whether one part of the package may know another one."""
    if below in ("", importer):
        return True
    if below == "sandbox":
        return importer == "cli"
    if importer == "sandbox":
        return RUNG[below] <= SANDBOX_KNOWS
    if RUNG[importer] != RUNG[below]:
        return RUNG[importer] > RUNG[below]
    rung = LADDER[RUNG[importer]]
    return rung is not STRANGERS and rung.index(importer) > rung.index(below)


def test_every_part_is_on_the_ladder() -> None:
    """Whoever adds a module at the top decides on which rung it stands."""
    parts = {module.split(".")[0] for module in PATHS}

    assert parts <= {"", "sandbox", *RUNG}


@pytest.mark.parametrize("module", PATHS)
def test_imports_point_down(module: str) -> None:
    """A module imports only from rungs below its own; the sandbox stands beside the ladder."""
    part = module.split(".", maxsplit=1)[0]

    wrong = [name for name in imported(module) if not may_import(part, name.split(".")[0])]

    assert wrong == []


def test_imports_go_round_nowhere() -> None:
    """No module needs itself, by whatever way round; inside a package, too, imports point one way."""
    needs = {module: set(imported(module)) - {module} for module in PATHS}

    order = list(TopologicalSorter(needs).static_order())

    assert set(order) == set(PATHS)


@pytest.mark.parametrize("module", PATHS)
def test_imports_stand_at_the_top(module: str) -> None:
    """No import hides in a function, a branch or `if TYPE_CHECKING`."""
    tree, *within = nodes(module)
    assert isinstance(tree, ast.Module)

    imports = [node for node in within if isinstance(node, ast.Import | ast.ImportFrom)]
    hidden = [node.lineno for node in imports if node not in tree.body]
    for_types = [node.id for node in within if isinstance(node, ast.Name)].count("TYPE_CHECKING")

    assert (hidden, for_types) == ([], 0)
