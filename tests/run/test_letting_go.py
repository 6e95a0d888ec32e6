"""A run that is given up while it is made ready lets go of its target; others go on meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from presence_worker.errors import Terminated
from presence_worker.journal import Lease, LocalLease
from presence_worker.run.prepare import Hold, StagedRun, prepared
from presence_worker.run_context import RunContext
from tests.serve.given import context_for

pytestmark = pytest.mark.anyio


async def test_the_loop_does_not_wait_for_it(tmp_path: Path) -> None:
    """To give a target back may take long, such as in a database."""
    context = context_for("http://127.0.0.1:9", tmp_path)
    may_end, let_go_in = threading.Event(), list[int]()

    @contextmanager
    def holding() -> Iterator[Lease]:
        yield LocalLease()
        let_go_in.append(threading.get_ident())

    def prepare(hold: Hold, _: RunContext) -> StagedRun:
        hold.enter_target(holding())
        context.shutdown.request(Terminated, "somebody")
        may_end.wait()
        raise AssertionError

    with pytest.raises(Terminated):
        async with prepared(prepare, context):
            pass
    let_go = [*let_go_in]
    may_end.set()

    assert len(let_go) == 1
    assert let_go != [threading.get_ident()]
