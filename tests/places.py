"""Where in the package something is that counts in the figures of its structure."""

import ast
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from tests.participles import Function, bare_participles, names_of
from tests.row_way import HOME
from tests.test_imports import PATHS, imported, may_import, nodes

SAID = ("Give", "Say", "Tell", "Whether")  # how a docstring shall not begin
HIDING = ("Any", "object")  # types that say nothing
MAPPINGS = ("dict", "Mapping", "MutableMapping")
LOOPS = ast.For | ast.AsyncFor | ast.While
BLOCKS = LOOPS | ast.If | ast.With | ast.AsyncWith | ast.Try | ast.TryStar | ast.Match
SILENCERS = ("type: ignore", "noqa")
IMPORTS = ast.Import | ast.ImportFrom


class Module(NamedTuple):
    """A module of the package, read."""

    path: str  # below the package
    text: str
    nodes: list[ast.AST]  # outer ones first

    @property
    def functions(self) -> list[Function]:
        """All its functions, nested ones too."""
        return [node for node in self.nodes if isinstance(node, Function)]


class Place(NamedTuple):
    """Where something is that counts, and how much."""

    where: str  # file:line
    what: str
    size: int = 1


def package() -> list[Module]:
    """Read all modules of the package."""
    return [Module(below(path), path.read_text("utf-8"), nodes(name)) for name, path in PATHS.items()]


def below(path: Path) -> str:
    """Name a file of the package as it is found there."""
    return path.relative_to(HOME).as_posix()


def place(module: Module, line: int, what: str, size: int = 1) -> Place:
    """Build a place from a line of a module."""
    return Place(f"{module.path}:{line}", what, size)


def files(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield each file with its lines."""
    return (place(module, 1, "", len(module.text.splitlines())) for module in modules)


def same_file_names(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield the files whose name stands in two folders or more; one place for each name."""
    folders = defaultdict[str, list[str]](list)
    for module in modules:
        folder, _, name = module.path.rpartition("/")
        folders[name].append(folder or ".")
    for name, where in folders.items():
        if len(where) > 1 and name != "__init__.py":
            yield Place(name, ", ".join(where))


def same_class_names(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield the names of classes that two modules define; one place for each name."""
    homes = defaultdict[str, dict[str, str]](dict)
    for module in modules:
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                homes[node.name].setdefault(module.path, f"{module.path}:{node.lineno}")
    return (Place(", ".join(where.values()), name) for name, where in homes.items() if len(where) > 1)


def participles(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield the functions that are named by a participle and wrap nothing (see participles.py)."""
    callables = frozenset({"Callable", *(name for module in modules for name in callable_types(module))})
    for module in modules:
        for function in bare_participles(module.nodes[0], callables):
            yield place(module, function.lineno, function.name)


def callable_types(module: Module) -> Iterator[str]:
    """Yield the names a module gives to types of callables."""
    for node in module.nodes:
        values = [node.value] if isinstance(node, ast.Assign) else []
        kinds = [value.value for value in values if isinstance(value, ast.Subscript)]
        if isinstance(node, ast.Assign) and "Callable" in names_of(kinds):
            yield from names_of(list(node.targets))


def lines_with_any(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield each line with a type that says nothing, a `cast`, or a `getattr` of a name that stands there."""
    for module in modules:
        lines = {line: what for node in module.nodes for line, what in hides(node)}
        yield from (place(module, line, lines[line]) for line in sorted(lines))


def hides(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield where, and what, a node keeps from the type checker."""
    if isinstance(node, ast.Name) and node.id == "Any":
        yield node.lineno, "Any"
    if isinstance(node, ast.Call):
        name, literal = name_of_call(node), len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
        if name == "cast" or (name == "getattr" and literal):
            yield node.lineno, name
    for kind in types_at(node):
        named = [part for part in ast.walk(kind) if isinstance(part, ast.Name) and part.id == "object"]
        yield from ((part.lineno, part.id) for part in named)


def types_at(node: ast.AST) -> list[ast.expr]:
    """Return the types that stand at a node: of a parameter, a result or a field, and in brackets."""
    if isinstance(node, ast.arg | ast.AnnAssign):
        return [node.annotation] if node.annotation else []
    if isinstance(node, Function):
        return [node.returns] if node.returns else []
    return [node.slice] if isinstance(node, ast.Subscript) else []


def mappings_to_any(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield each line with a mapping to anything."""
    for module in modules:
        found = [node for node in module.nodes if isinstance(node, ast.Subscript)]
        lines = {node.lineno: ast.unparse(node) for node in found if is_untyped_mapping(node)}
        yield from (place(module, line, lines[line]) for line in sorted(lines))


def is_untyped_mapping(node: ast.Subscript) -> bool:
    """Return whether a type is `dict[str, Any]` or the like."""
    kinds = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
    is_mapping = isinstance(node.value, ast.Name) and node.value.id in MAPPINGS
    return is_mapping and bool(kinds) and isinstance(kinds[-1], ast.Name) and kinds[-1].id in HIDING


def inner_imports(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield what is imported in a function or a branch, or by calling `import_module` or `__import__`."""
    for module in modules:
        for node in module.nodes:
            if isinstance(node, ast.Call) and name_of_call(node) in ("import_module", "__import__"):
                yield place(module, node.lineno, ast.unparse(node))
            if isinstance(node, IMPORTS) and node.col_offset:
                yield place(module, node.lineno, ast.unparse(node))


def name_of_call(node: ast.Call) -> str:
    """Name what is called, without the object that it belongs to."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def bodies(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield each function with the lines of its body, the docstring and functions in it included."""
    for module in modules:
        for function in module.functions:
            last = function.end_lineno or function.lineno
            yield place(module, function.lineno, function.name, last - function.body[0].lineno + 1)


def parameters(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield each function with the number of its parameters, without `self` and `cls`."""
    for module in modules:
        for function in module.functions:
            names = [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]
            number = len([name for name in names if name not in ("self", "cls")])
            yield place(module, function.lineno, function.name, number)


def depths(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield each function with the depth of its blocks; `elif` is no deeper than `if`."""
    for module in modules:
        for function in module.functions:
            yield place(module, function.lineno, function.name, depth(function.body))


def depth(body: Sequence[ast.stmt]) -> int:
    """Count how deep blocks stand in blocks; functions inside count for themselves."""
    blocks = [statement for statement in body if isinstance(statement, BLOCKS)]
    return max((1 + max(map(depth, parts_of(block))) for block in blocks), default=0)


def parts_of(block: BLOCKS) -> Iterator[Sequence[ast.stmt]]:
    """Yield the bodies of a block; of an `elif` what is in it."""
    for name in ("body", "orelse", "finalbody"):
        part: list[ast.stmt] = getattr(block, name, [])
        if name == "orelse" and len(part) == 1 and isinstance(part[0], ast.If):
            yield from parts_of(part[0])
        else:
            yield part
    for branch in [*getattr(block, "handlers", ()), *getattr(block, "cases", ())]:
        yield branch.body


def cycles() -> Iterator[Place]:
    """Yield a way on which modules of the package import each other in a circle."""
    try:
        TopologicalSorter({name: set(imported(name)) - {name} for name in PATHS}).prepare()
    except CycleError as error:
        yield Place(error.args[1][0], " <- ".join(error.args[1]))


def upward_imports() -> Iterator[Place]:
    """Yield the imports that the ladder in test_imports.py does not allow."""
    for name in PATHS:
        part = name.partition(".")[0]
        wrong = [below for below in imported(name) if not may_import(part, below.partition(".")[0])]
        yield from (Place(name, below) for below in wrong)


def ignores(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield the comments that silence a check."""
    for module in modules:
        if any(words in module.text for words in SILENCERS):
            yield from (place(module, line, words) for line, words in silent_lines(module.text))


def silent_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with a comment that silences a check, and the comment."""
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.COMMENT and any(words in token.string for words in SILENCERS):
            yield token.start[0], token.string


def docstring_verbs(modules: Sequence[Module]) -> Iterator[Place]:
    """Yield the docstrings that begin with a word that says nothing of what is done."""
    for module in modules:
        for node in module.nodes:
            if isinstance(node, ast.Module | ast.ClassDef | Function):
                first = (ast.get_docstring(node) or "").partition(" ")[0]
                if first in SAID:
                    yield place(module, getattr(node, "lineno", 1), first)
