"""The figures of the package's structure: none gets worse, and each check can fail."""

import ast
import re
from textwrap import dedent

import pytest

from tests.participles import is_participle
from tests.places import Module, package
from tests.row_way import HOME, row_way, way_on_page
from tests.structure import LIMITS, MEASURES, measure

PAGE = HOME.parent / "ARCHITECTURE.md"  # lists the row's way, for people
CLASS = "class Gate:\n    pass\n"
LONG = "def f():\n" + "    a = 1\n" * 30
WRAPPERS = """
    @property
    def shown(self): ...

    @contextmanager
    def held(): yield

    def paced(send):
        async def paced_send(change): ...
        return paced_send

    def doubled(number): return lambda: number

    def watched(send: Send) -> Send: return partial(send, 1)

    def chosen(names): return sorted(names)

    Send = Callable[[int], int]
"""
UNTYPED = """
    from typing import Any
    def f(a: Any, b: list[object]) -> object:
        c: object = object()
        d = cast(int, a)
        e = getattr(a, "name", None)
        return getattr(a, c)
"""
MAPPINGS = """
    a: dict[str, Any]
    b: list[Mapping[str, object]]
    c: dict[str, str]
"""
IMPORTS = """
    import os
    def f():
        from . import a
    b = importlib.import_module("b").name()
"""
NESTED = """
    def f(self, a, /, *b, c, **d):
        for e in a:
            if e:
                pass
            elif c:
                with d:
                    pass
            else:
                try:
                    pass
                except OSError:
                    while b:
                        pass
"""
SILENCED = """
    a = 1  # noqa: E501
    b = 2  # type: ignore[misc]
    c = "# noqa"
"""
DOCUMENTED = '''
    """Whether it is."""
    def f():
        """Give it."""
    class G:
        """Given."""
'''
EXAMPLES = [  # a figure, texts of modules, and what the figure is of these
    ("modules", {"a.py": "", "b.py": ""}, 2),
    ("lines", {"a.py": "a = 1\n\n", "b.py": "b = 2\n"}, 3),
    (
        "file names in two folders",
        {"run/a.py": "", "a.py": "", "b.py": "", "run/__init__.py": "", "__init__.py": ""},
        1,
    ),
    (
        "class names in two modules",
        {"a.py": CLASS, "b.py": CLASS, "c.py": CLASS.replace("Gate", "Slot") * 2},
        1,
    ),
    ("bare participles", {"a.py": WRAPPERS}, 1),
    ("lines with Any", {"a.py": UNTYPED}, 4),
    ("lines with a dict of Any", {"a.py": MAPPINGS}, 2),
    ("inner imports", {"a.py": IMPORTS}, 2),
    ("function lines, median", {"a.py": LONG, "b.py": "def f():\n    pass\n" * 3}, 1),
    ("function lines, 90 %", {"a.py": LONG, "b.py": "def f():\n    pass\n" * 3}, 30),
    ("function lines, longest", {"a.py": LONG}, 30),
    ("parameters, most", {"a.py": NESTED}, 4),
    ("nesting, deepest", {"a.py": NESTED}, 4),
    ("ignores", {"a.py": SILENCED}, 2),
    ("docstring verbs", {"a.py": DOCUMENTED}, 2),
]


@pytest.mark.parametrize("name", LIMITS)
def test_no_figure_gets_worse(name: str) -> None:
    """Each figure keeps its limit, which is lowered with every step that makes it better."""
    figure, _ = measure(name, package())

    limit = LIMITS[name].now

    assert limit is None or figure <= limit


def test_every_figure_has_a_limit() -> None:
    """The table of limits and that of measures name the same figures."""
    assert list(MEASURES) == list(LIMITS)


@pytest.mark.parametrize(("name", "texts", "expected"), EXAMPLES)
def test_each_check_can_fail(name: str, texts: dict[str, str], expected: int) -> None:
    """A figure counts what its name says, and leaves alone what only looks like it."""
    modules = [
        Module(path, dedent(text), list(ast.walk(ast.parse(dedent(text))))) for path, text in texts.items()
    ]

    figure, _ = measure(name, modules)

    assert figure == expected


@pytest.mark.parametrize(
    "name", ["_written", "taken_back", "as_they_came", "not_sent", "waiting", "judged_room"]
)
def test_a_participle_is_no_verb(name: str) -> None:
    """A name that begins with a participle says what is, and not what is done."""
    assert is_participle(name)


@pytest.mark.parametrize(
    "name", ["read", "put", "feed_again", "is_written", "seconds_left", "write", "as_json"]
)
def test_a_verb_is_no_participle(name: str) -> None:
    """A verb, a noun or a question before a participle is what the name begins with."""
    assert not is_participle(name)


def test_a_page_lists_the_row_way_in_a_block() -> None:
    """The first word of each line is a file; what comes behind it is for people."""
    text = """
        Before.
        <!-- a row's way -->
        ```text
        presence_worker/intake/rows.py   reads it

        report/jsonl.py
        ```
        <!-- a row's way -->
        Behind.
    """

    way = way_on_page(dedent(text))

    assert way == ["intake/rows.py", "report/jsonl.py"]


def test_the_page_shows_the_true_way() -> None:
    """Where there is a page about the row's way, it lists the files as the row reaches them."""
    pages = [PAGE] if PAGE.exists() else []

    listed = [way_on_page(page.read_text("utf-8")) for page in pages]

    assert listed == [row_way() for _ in pages]


def test_the_page_names_files_that_are_there() -> None:
    """A newcomer finds each file that ARCHITECTURE names, in the package or in the project's folder."""
    named = set(re.findall(r"`([\w./-]+\.(?:py|toml|md))`", PAGE.read_text("utf-8")))

    missing = {name for name in named if not (HOME / name).exists() and not (PAGE.parent / name).exists()}

    assert len(named) > 30
    assert missing == set()
