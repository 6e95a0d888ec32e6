"""What a reader can do with a run: the changes it asks for, and the buttons."""

from markupsafe import Markup

from ...report.page_sections import table_of_changes
from ...report.pieces import NOTHING
from ...report.summary import PlannedChanges
from ...run_states import JobCommand
from ...wording import amount, figure
from ..run_views import FOUR_EYES, WAIT_FOR_APPLY
from .frame import Reader, fill
from .morning import ShownRun

NOT_YOURS = "A person with the role approve can apply it"


def show_changes_and_button(shown: ShownRun, reader: Reader, *, most: int) -> Markup:
    """Return what waits in a run, and the button to go on with it.

    Who is to approve sees all changes first: where there are more than *most*, a link leads to them.
    """
    number = count_changes(shown.planned)
    if number > most and JobCommand.APPLY in shown.actions:
        return fill("all_changes", run=shown.run.id, number=figure(number))
    return show_changes(shown.planned) + show_buttons(shown, reader)


def count_changes(planned: PlannedChanges) -> int:
    """Return how many changes a run asks for, as far as the reader may know."""
    return len(planned.changes) + planned.changes_left_out


def show_changes(planned: PlannedChanges) -> Markup:
    """Return the changes that a run asks for."""
    if not planned.changes:
        return NOTHING
    left = planned.changes_left_out
    more = fill("more_changes", number=figure(left)) if left else NOTHING
    return fill("changes", table=table_of_changes(planned.changes), more=more)


def show_buttons(shown: ShownRun, reader: Reader) -> Markup:
    """Return the buttons that go on with a run; where another person must press them, who that is."""
    number = count_changes(shown.planned)
    labels = {
        JobCommand.APPLY: f"Apply {amount(number, 'change')}" if number else "Apply",
        JobCommand.RESUME: "Resume",
    }
    buttons = [
        show_button(shown, command, label, reader)
        for command, label in labels.items()
        if command in shown.actions
    ]
    if shown.run.listed.state in WAIT_FOR_APPLY and JobCommand.APPLY not in shown.actions:
        return fill("not_yours", words=FOUR_EYES if reader.may_approve else NOT_YOURS)
    return fill("act", buttons=NOTHING.join(buttons)) if buttons else NOTHING


def show_button(shown: ShownRun, command: str, label: str, reader: Reader) -> Markup:
    """Return a form with one button; it carries what the reader sees of the run now."""
    return fill(
        "button", run=shown.run.id, command=command, label=label, seen=shown.run.etag, token=reader.form_token
    )
