"""What a page tells of the run as a whole: its settings without secrets, and the file beside the last one."""

from collections.abc import Iterator
from typing import Any

import orjson

from ...journal import Comparison, RunRecord
from ...settings import SECRETS
from ...settings.quantities import Limit
from ...wording import amount

COMMENTS = ("default_message", "message_template")  # of `input`: may be a reason of absence
HIDDEN = (*SECRETS, "proxy")
EMPTY: tuple[Any, ...] = (None, "", {}, [])
KEPT_BACK = "(set; not shown)"


def settings_in_force(run: RunRecord) -> Iterator[tuple[str, str]]:
    """Yield the settings of a run as (name, value), in the order of the configuration file."""
    with_messages = run.settings.include_messages
    for section, keys in run.settings.sections.items():
        for key, value in keys.items():
            if key in HIDDEN or value in EMPTY:
                continue
            hidden = key in COMMENTS and not with_messages
            yield f"{section}.{key}", KEPT_BACK if hidden else _text(value)


def beside_the_last(compared: Comparison | None) -> str | None:
    """Say how the job differs from the last one of its target; None where there is none."""
    if not compared:
        return None
    if compared.same_file:
        return f"the very file of run {compared.run_id}"
    said = [f"{amount(compared.rows, 'row')}, {compared.rows_before} in run {compared.run_id}"]
    for words, names in (("new", compared.columns_added), ("gone", compared.columns_gone)):
        if names:
            said.append(f"columns {words}: {', '.join(names)}")
    return "; ".join(said if len(said) > 1 else [*said, "the same columns"])


def _text(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"count", "percent"}:
        return str(Limit(**value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_text(each)}" for name, each in value.items())
    return value if isinstance(value, str) else orjson.dumps(value).decode()
