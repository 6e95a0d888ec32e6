"""A page of the manual on a terminal: wrapped to its width, in bold where it can be bold."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from operator import ge

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from ..manual_pages import ManualPage, manual_command
from .links import is_external, page_link

NARROWEST, WIDEST = 40, 100  # columns of text
INDENT = 4  # of code, and of the text below a term
GAP = 2  # between two columns of a table
LEAST = 24  # columns of text that are readable in a table
KEPT = "\N{NO-BREAK SPACE}"  # a space inside code: no line ends there
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
_ESCAPE = re.compile(r"\x1b\[\d*m")
_UNDERLINES = {"h1": "=", "h2": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page is to look."""

    page: ManualPage
    width: int  # columns
    is_bold: bool  # else the text has no escape sequences

    def narrow(self, columns: int) -> "Look":
        """Return the same for what is indented."""
        return replace(self, width=max(self.width - columns, LEAST))

    def emphasize(self, text: str) -> str:
        """Return a text in bold, word by word: a pager may begin with any line."""
        return re.sub(r"\S+", rf"{BOLD}\g<0>{PLAIN}", text) if self.is_bold else text


def page_lines(text: str, look: Look) -> list[str]:
    """Return the lines of a page from its Markdown."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    return [line.replace(KEPT, " ").rstrip() for line in _blocks(tree.children, look)]


def fit_width(columns: int) -> int:
    """Return how wide the text is on a terminal of so many columns."""
    return min(max(columns, NARROWEST), WIDEST)


def _blocks(nodes: Sequence[SyntaxTreeNode], look: Look, *, is_tight: bool = False) -> Iterator[str]:
    is_first = True
    for node in nodes:
        lines = list(_block(node, look))
        if lines and not (is_first or is_tight):
            yield ""
        yield from lines
        is_first = is_first and not lines


def _block(node: SyntaxTreeNode, look: Look) -> Iterator[str]:
    match node.type:
        case "heading":
            yield from _title_lines(node, look)
        case "paragraph":
            yield from _wrap(_inline(node, look), look.width)
        case "fence" | "code_block":
            yield from (f"{' ' * INDENT}{line}" for line in node.content.rstrip("\n").split("\n"))
        case "bullet_list" | "ordered_list":
            yield from _list(node, look)
        case "table":
            yield from _table(node, look)
        case "blockquote":
            yield from (f"  {line}" for line in _blocks(node.children, look.narrow(2)))


def _title_lines(node: SyntaxTreeNode, look: Look) -> Iterator[str]:
    words = _inline(node, replace(look, is_bold=False)).replace("`", "")
    yield look.emphasize(words)
    if not look.is_bold and node.tag in _UNDERLINES:
        yield _UNDERLINES[node.tag] * len(words)


def _list(node: SyntaxTreeNode, look: Look) -> Iterator[str]:
    is_tight = node.children[0].children[0].hidden
    for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        lines = _blocks(item.children, look.narrow(len(mark)), is_tight=is_tight)
        if not is_tight and item is not node.children[0]:
            yield ""
        yield f"{mark}{next(lines, '')}"
        yield from (f"{' ' * len(mark)}{line}" if line else "" for line in lines)


def _inline(node: SyntaxTreeNode, look: Look) -> str:
    """Return the text of what is inside a block."""
    return "".join(_span(child, look) for child in node.children)


def _span(node: SyntaxTreeNode, look: Look) -> str:
    match node.type:
        case "text":
            return node.content
        case "softbreak" | "hardbreak":
            return " "
        case "code_inline":
            return _code(node.content, look)
        case "strong":
            return look.emphasize(_inline(node, replace(look, is_bold=False)))
        case "image":
            return f"(Picture: {node.content})"
        case "link":
            return _inline(node, look) + _address(str(node.attrs["href"]), look)
    return _inline(node, look)


def _code(text: str, look: Look) -> str:
    return look.emphasize(text.replace(" ", KEPT)) if look.is_bold else f"`{text.replace(' ', KEPT)}`"


def _address(address: str, look: Look) -> str:
    """Return what a reader needs to follow a link: a command, an address, or nothing for a file."""
    link = page_link(address, look.page)
    if link and link.page != look.page:
        return f" ({_code(manual_command(link.page), look)})"
    return f" ({address})" if is_external(address) else ""


def _width(text: str) -> int:
    return len(_ESCAPE.sub("", text))


def _wrap(text: str, width: int) -> list[str]:
    """Break a text into lines at its spaces; a word that is too long has a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _width(lines[-1]) + 1 + _width(word) <= width:
            lines[-1] += f" {word}"
        elif word:
            lines.append(word)
    return lines


def _table(node: SyntaxTreeNode, look: Look) -> Iterator[str]:
    """Yield a table in columns if it fits; if not, each row as a term with its meaning below."""
    head, *rows = [
        [_inline(cell, look) for cell in row.children] for part in node.children for row in part.children
    ]
    widths = _column_widths([head, *rows], look.width)
    if widths:
        yield from _row([look.emphasize(cell) for cell in head], widths)
        yield (" " * GAP).join("-" * width for width in widths)
        for row in rows:
            yield from _row(row, widths)
    else:
        for number, row in enumerate(rows):
            yield from [""] if number else []
            yield from _terms(head, row, look)


def _column_widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the widths of columns, of which the widest are wrapped if need be; None if they do not fit."""
    columns = list(zip(*rows, strict=True))
    whole = [max(map(_width, column)) for column in columns]
    words = [max(_width(word) for cell in column for word in cell.split(" ")) for column in columns]
    widths, room = [*whole], room - GAP * (len(columns) - 1)
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    least = [max(word, min(LEAST, width)) for word, width in zip(words, whole, strict=True)]
    return widths if all(map(ge, widths, least)) else None


def _row(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        padded = [f"{part}{' ' * (width - _width(part))}" for part, width in zip(parts, widths, strict=True)]
        yield (" " * GAP).join(padded)


def _terms(head: Sequence[str], row: Sequence[str], look: Look) -> Iterator[str]:
    yield from _wrap(look.emphasize(row[0]) if look.is_bold else row[0], look.width)
    for name, cell in zip(head[1:], row[1:], strict=True):
        words = f"{name}: {cell}" if row[2:] else cell
        lines = _wrap(words, look.width - INDENT - GAP) if cell else []
        yield from (f"{' ' * (INDENT + GAP * bool(n))}{line}" for n, line in enumerate(lines))
