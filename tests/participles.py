"""Which functions are named by a bare participle, as only wrappers may be.

The rule, for functions and methods (nested and private ones too, but no property: it may be an adjective):

- *Participle*: the first word of the name, after underscores and `not`, `never`, `already`, `still` or
  `just`, ends in -ed or -ing or is in IRREGULAR; or the name is a clause with `as` (`as_they_came`). Words
  that only look so (`need`) are in NO_PARTICIPLES. A form that is also an order (`read`, `put`, `set`,
  `split`) is taken for that. A noun in -ing (`warning`) counts: the same word is a participle elsewhere.
- *Wrapper*: it returns a function that it defines (or a lambda, or a call with one of them), or it takes a
  callable and is annotated to return one, or it is a context manager. What it defines and returns is the
  wrapped thing itself, and may be called so too.
"""

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef

IRREGULAR = (
    "been befallen begun bent blown born bought bound broken brought built caught chosen come done "
    "drawn driven eaten fallen fed felt flown forbidden forgotten fought found frozen given gone grown "
    "heard held hidden hung kept known laid led left lent lost made meant met overtaken paid proven "
    "risen said seen sent shaken shown shrunk shut slept sold sought spent spoken stolen stood stuck "
    "sung sunk swept sworn taken taught thought thrown told torn understood undone unread unseen "
    "withdrawn withheld woken won worn wound written"
)
NO_PARTICIPLES = (
    "anything bed bleed breed bring during embed everything exceed feed fling king need nothing proceed "
    "red ring seed shed sing something speed spring sting string succeed swing thing wing"
)
ADVERBS = frozenset({"not", "never", "already", "still", "just"})
MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
PROPERTIES = frozenset({"property", "cached_property", "setter"})


def is_participle(name: str) -> bool:
    """Return whether a function's name begins with a participle that no verb goes before."""
    words = [word for word in name.split("_") if word]
    while len(words) > 1 and words[0] in ADVERBS:
        del words[0]
    if not words or words[0] in NO_PARTICIPLES.split():
        return False
    is_clause = words[0] == "as" and len(words) > 2
    return is_clause or words[0] in IRREGULAR.split() or words[0].endswith(("ed", "ing"))


def bare_participles(tree: ast.AST, callables: frozenset[str]) -> Iterator[Function]:
    """Yield the functions named by a participle that wrap nothing; *callables* name callable types."""
    wrapped = set[ast.AST]()
    for node in ast.walk(tree):  # outer ones come first
        if isinstance(node, Function):
            inner = functions_to_return(node)
            wrapped |= set(inner)
            is_wrapper = inner or node in wrapped or is_decorator(node, callables)
            may_be_called_so = is_wrapper or names_of(node.decorator_list) & (PROPERTIES | MANAGERS)
            if is_participle(node.name) and not may_be_called_so:
                yield node


def functions_to_return(function: Function) -> list[ast.AST]:
    """Return the functions and lambdas that a function defines and returns."""
    within = list(ast.walk(function))[1:]
    defined: dict[str, ast.AST] = {node.name: node for node in within if isinstance(node, Function)}
    returned = [node.value for node in within if isinstance(node, ast.Return) and node.value]
    parts = [part for value in returned for part in (value, *arguments_of(value))]
    named = [defined[part.id] for part in parts if isinstance(part, ast.Name) and part.id in defined]
    return [*named, *(part for part in parts if isinstance(part, ast.Lambda))]


def arguments_of(value: ast.expr) -> list[ast.expr]:
    """Return the arguments, where a value is what a call returns."""
    return value.args if isinstance(value, ast.Call) else []


def is_decorator(function: Function, callables: frozenset[str]) -> bool:
    """Return whether a function takes a callable and returns one."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    taken = [argument.annotation for argument in arguments if argument.annotation]
    given = [function.returns] if function.returns else []
    return bool(names_of(given) & callables and names_of(taken) & callables)


def names_of(expressions: list[ast.expr]) -> set[str]:
    """Return the names in some expressions, those of attributes too."""
    nodes = [node for expression in expressions for node in ast.walk(expression)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
