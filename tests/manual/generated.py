"""Parts of the manual that are made of the code: `python -m tests.manual` writes them anew.

A part stands between two remarks, `<!-- generated: NAME -->` and `<!-- end -->`. Its function gets what
stands there now, so that it can keep words that only the page has.
"""

import re
from collections.abc import Callable
from pathlib import Path

import presence_worker
from tests.manual import command_parts, event_parts, json_parts, reason_parts, route_parts, setting_parts

FOLDER = Path(presence_worker.__file__).parent / "manual"
PARTS: dict[str, Callable[[str], str]] = {
    "commands": command_parts.command_table,
    "command sections": command_parts.command_sections,
    "common options": command_parts.common_options,
    "sandbox options": command_parts.sandbox_options,
    "settings": setting_parts.settings,
    "exit codes": reason_parts.exit_codes,
    "results": reason_parts.results,
    "reasons": reason_parts.reasons,
    "checks": reason_parts.checks,
    "routes": route_parts.routes,
    "job events": event_parts.job_events,
    "inbox events": event_parts.inbox_events,
    "schedule events": event_parts.schedule_events,
    **{f"json {name}": json_parts.part(name) for name in json_parts.OBJECTS},
}
PART = re.compile(r"(<!-- generated: ([\w -]+) -->\n)(.*?)(\n?<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Give the files that may have generated parts."""
    return [*sorted(FOLDER.glob("*.md")), FOLDER.parents[1] / "README.md"]


def regenerated(text: str) -> str:
    """Give a page with all its generated parts as the code has them now."""
    return PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]](found[3])}\n\n<!-- end -->", text)
