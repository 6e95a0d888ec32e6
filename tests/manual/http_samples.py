"""The samples of the page on the HTTP API: the same in three languages, and what requests they make."""

import ast
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.manual.documents import Block, blocks

PAGE = "http-api"
NAMES = ("send", "wait", "approve", "rows", "signed")  # of the samples, in their order
BODIES = ("--data-binary", "--data", "-d")
WITHOUT_VALUE = ("-s", "-sS", "--fail-with-body", "--no-buffer", "--retry-connrefused")
VARIABLE = re.compile(r"\$\{?(?:env:)?(\w+)\}?")
WEB = "Invoke-RestMethod "
HASH = re.compile(r"\$(\w+) = @\{(.*?)\}", re.DOTALL)
PAIR = re.compile(r'"([\w-]+)" = ("[^"]*"|\$[\w.]+)')
FUNCTION = re.compile(r"^call\(\).*?^}$", re.MULTILINE | re.DOTALL)
CALL = "\ncurl -H @- "  # what the function `call` of the first sample adds to its arguments
AUTH = re.compile(r'^auth="(.*)"$', re.MULTILINE)


class Request(NamedTuple):
    """A request as a sample makes it; variables are written `$name`, in small letters."""

    method: str
    path: str  # with its query
    headers: frozenset[tuple[str, str]]  # names in small letters
    body: str | None  # a file, or a variable


class Sample(NamedTuple):
    """The same in three languages."""

    bash: str
    powershell: str
    python: str


def samples() -> list[Sample]:
    """Return the samples of the page, in their order; a block of bash alone is not one."""
    found = blocks(PAGE, "bash", "powershell", "python")
    kinds = [block.kind for block in found]
    return [_sample(found[place - 1 : place + 2]) for place, kind in enumerate(kinds) if kind == "powershell"]


def sample(name: str) -> Sample:
    """Return a sample of the page."""
    return dict(zip(NAMES, samples(), strict=True))[name]


def _sample(three: list[Block]) -> Sample:
    assert [block.kind for block in three] == [*Sample._fields]
    return Sample(*(block.text for block in three))


def of_curl(text: str) -> list[Request]:
    """Return the requests that the calls of curl in a script make."""
    joined = FUNCTION.sub("", text).replace("\\\n", " ").replace("  call ", CALL).replace("\ncall ", CALL)
    calls = [line[line.index("curl ") :] for line in joined.splitlines() if "curl " in line]
    return [_curl(shlex.split(call)) for call in calls]


def _curl(words: list[str]) -> Request:
    headers, body, address = [], None, ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            header = next(rest)
            headers.append(_piped() if header == "@-" else header)
        elif word in BODIES:
            body = next(rest).removeprefix("@")
        elif word.startswith("$PRESENCE_URL"):
            address = word
        elif word.startswith("-") and word not in WITHOUT_VALUE:
            next(rest)
    named = dict(each.split(": ", 1) for each in headers)
    return _request("POST" if body else "GET", address, named, body)


def _piped() -> str:
    """Return the header that curl gets on standard input: the first sample keeps it in `auth`."""
    return next(found[1] for block in blocks(PAGE, "bash") if (found := AUTH.search(block.text)))


def of_powershell(text: str) -> Iterator[Request]:
    """Yield the requests that the calls of Invoke-RestMethod in a script make."""
    text = text.replace("`\n", "")
    tables = list(HASH.finditer(text))
    for call in re.finditer(rf"{WEB}(.*)", text):
        words = shlex.split(call[1].rstrip(" }"))
        given = dict(zip(words[::2], words[1::2], strict=True))
        before = [table for table in tables if table.start() < call.start() and table[1] == "headers"]
        headers = {name: value.strip('"') for name, value in PAIR.findall(before[-1][2])} if before else {}
        headers |= {"content-type": given["-ContentType"]} if "-ContentType" in given else {}
        method = given["-Method"].upper()
        yield _request(method, given["-Uri"], headers, given.get("-InFile") or given.get("-Body"))


def _request(method: str, address: str, headers: dict[str, str], body: str | None) -> Request:
    parts = urlsplit(_plain(address).removeprefix("$presence_url"))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    named = frozenset((name.lower(), _plain(value)) for name, value in headers.items())
    return Request(method, path, named, _plain(body) if body else None)


def _plain(text: str) -> str:
    return VARIABLE.sub(lambda found: f"${found[1].lower()}", text)


def headers_of_python(text: str) -> set[str]:
    """Return the names of the headers that a sample in Python sends."""
    tables = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Dict)]
    names = [key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)]
    return {name.lower() for name in names if isinstance(name, str) and name != "seen"}
