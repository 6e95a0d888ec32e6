"""Which words and sentences of ours are hard to read: `python -m tests.words [PATH …]` lists them.

Stiff words (STIFF) are looked for in everything that a user or a developer of the package reads: README, the
manual, the shipped configuration, templates, and all of the package's code with its comments. Sentences are
measured in README and the manual (prose and cells of tables, no code blocks), and in the texts of the code.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyphen

ROOT = Path(__file__).parents[1]
PROSE = ("README.md", "presence_worker/manual/*.md")
READ = (
    *PROSE,
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "config/**/*",
    "presence_worker/**/*.py",
    "presence_worker/**/*.html",
    "presence_worker/**/*.js",
    "pyproject.toml",
)
STIFF = re.compile(
    r"""\b(
    mend(s|ed|ing|er|ers)? | tell(s|ing)? | told | nobody | somebody | anybody | whoever | whomever
    | look(s|ed|ing)?[ ]at | meanwhile | anew | likewise | beforehand | plainly | shall | lest | ought
    | (is|are|was|were|be)[ ]no(?![ ](longer|more)\b) | (is|are|was|were)[ ]said | (is|are)[ ]to[ ]be
    | (is|are|rows|leave|day|days|still)[ ]to[ ]come | become(s)?[ ]of | became[ ]of | to[ ]be[ ]had
    | what[ ]is[ ]needed | for[ ]certain | at[ ]the[ ]most | in[ ]force | has[ ]no[ ]part
    | for[ ]good | in[ ]vain | all[ ]the[ ]same | by[ ]then
    | hence(forth)? | thereof | thereby | hitherto | whence | albeit | of[ ]its[ ]own[ ]accord
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
LONGEST = 25  # words of a sentence
AVERAGE = 14  # words of a sentence, over a page
EASE = 55  # Flesch reading ease, at least
FEWEST = 4  # words of what counts as a sentence, not a label
_CODE = re.compile(r"`[^`]+`")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_END = re.compile(r"(?<=[.!?])[)\"”]?\s+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d[\w.,:%/-]*")
_PROGRAM = re.compile(r"\b(SELECT|CREATE|INSERT|UPDATE|DELETE|VALUES|REFERENCES|JOIN|ArgumentCompleter)\b")
_VOWEL = re.compile(r"[aeiouyäöüåøæ]", re.IGNORECASE)
_SYLLABLES = pyphen.Pyphen(lang="en_US")


class Find(NamedTuple):
    """A word or a sentence, and where it stands."""

    path: str
    line: int  # 1-based
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def files(patterns: Iterable[str]) -> list[Path]:
    """Return the text files of the project that match."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.suffix not in (".png", ".xlsx", ".pyc"))


def stiff_words(path: Path) -> Iterator[Find]:
    """Yield each stiff word of a file."""
    name = path.relative_to(ROOT).as_posix()
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
        for found in STIFF.finditer(line.replace("_", " ") if path.suffix == ".py" else line):
            yield Find(name, number, f"{found[0]!r} in: {line.strip()[:100]}")


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield paragraphs, list items and cells of tables, each with its line; no code, no headings."""
    block: list[str] = []
    start, in_code = 1, False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        bare = line.strip()
        is_text = not in_code and bare and not bare.startswith(("#", "```", "<!--", "|", "!["))
        begins = not is_text or re.match(r"([-*>]|\d+\.) ", bare)
        if begins and block:
            yield start, " ".join(block)
            block = []
        if not in_code and bare.startswith("|") and not set(bare) <= set("|-: "):
            yield from ((number, cell.strip()) for cell in re.split(r"(?<!\\)\|", bare) if cell.strip())
        if is_text:
            start = start if block else number
            block.append(re.sub(r"^([-*>]|\d+\.) +", "", bare))


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph; code in them is one short word, a link its text."""
    text = _CODE.sub("this", _LINK.sub(r"\1", paragraph)).replace("**", "").replace("*", "")
    return [each for each in _END.split(text) if len(words_of(each)) >= FEWEST]


def words_of(sentence: str) -> list[str]:
    """Return the words of a sentence."""
    return _WORD.findall(sentence)


def syllables(word: str) -> int:
    """Return how many syllables pyphen finds in a word."""
    return max(1, len(_SYLLABLES.inserted(word).split("-"))) if _VOWEL.search(word) else 1


class Measure(NamedTuple):
    """How hard some prose is to read."""

    sentences: int
    words: int
    syllables: int

    @property
    def average(self) -> float:
        """Words of a sentence."""
        return self.words / max(self.sentences, 1)

    @property
    def ease(self) -> float:
        """Flesch's reading ease: 206.835 - 1.015 words/sentence - 84.6 syllables/word (Flesch, 1948)."""
        return 206.835 - 1.015 * self.average - 84.6 * self.syllables / max(self.words, 1)


def measure(texts: Iterable[str]) -> Measure:
    """Return the measure of the prose of pages."""
    found = [each for text in texts for _, block in paragraphs(text) for each in sentences(block)]
    words = [word for each in found for word in words_of(each)]
    return Measure(len(found), len(words), sum(map(syllables, words)))


def long_sentences(path: Path) -> Iterator[Find]:
    """Yield each sentence of a page that is too long."""
    name = path.relative_to(ROOT).as_posix()
    for line, block in paragraphs(path.read_text("utf-8")):
        for each in sentences(block):
            number = len(words_of(each))
            if number > LONGEST:
                yield Find(name, line, f"{number} words: {each[:120]}")


def long_texts(path: Path) -> Iterator[Find]:
    """Yield each sentence that is too long among the texts in a module; a placeholder is one word."""
    name = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        text = _text_of(node).partition("\b")[0]  # behind that mark of click's stand examples
        blocks = [] if _PROGRAM.search(text) else [block for _, block in paragraphs(text)]
        prose = (each for block in blocks for each in sentences(block))
        for each in (each for each in prose if not _is_list(each)):
            number = len(words_of(each))
            if number > LONGEST:
                yield Find(name, getattr(node, "lineno", 0), f"{number} words: {each[:120]}")


def _is_list(sentence: str) -> bool:
    """Return whether it only lists words, such as names of columns: that is not a sentence."""
    marks = sentence.count(",") + sentence.count("|")
    return marks * 4 > len(words_of(sentence))


def _text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) or "this" for part in node.values)
    return ""


def main(names: list[str]) -> None:
    """Print what is found in the files named, or in all; behind it the measure of the pages among them."""
    picked = [ROOT / name for name in names]
    among = [path for path in files(READ) if not picked or any(path.is_relative_to(each) for each in picked)]
    pages = [path for path in among if path in files(PROSE)]
    code = [path for path in among if path.suffix == ".py"]
    finds = [find for path in among for find in stiff_words(path)]
    finds += [find for path in pages for find in long_sentences(path)]
    finds += [find for path in code for find in long_texts(path)]
    lines = [str(find) for find in finds]
    for path in pages:
        known = measure([path.read_text("utf-8")])
        lines.append(f"{path.relative_to(ROOT)}: ease {known.ease:.0f}, {known.average:.1f} words a sentence")
    whole = measure(path.read_text("utf-8") for path in pages)
    lines.append(f"{len(finds)} finds; ease {whole.ease:.1f}, {whole.average:.1f} words a sentence")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
