"""What every store of messages does: one test for each sentence of the contract, `MessageStore`.

Each call of *open_store* opens the same store, as another process would.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest

from presence_worker.notify.message_store import MessageStore
from presence_worker.notify.when_due import LastTrouble

OpenStore = Callable[[], MessageStore]
TROUBLE = LastTrouble(exit_code=3, reasons=("unknown_user",), since="2026-12-01T02:00:00Z", sent_at=1.5)


class StoreSuite:
    """The tests; a class for each implementation inherits them."""

    @pytest.fixture
    def store(self, open_store: OpenStore) -> MessageStore:
        """An empty store."""
        return open_store()

    def test_runs_are_noted_once(self, store: MessageStore, open_store: OpenStore) -> None:
        """In their order; a second time changes nothing, and each is forgotten once."""
        store.register("run-2", "main", None)
        store.register("run-1", "main", 1)
        store.register("run-2", "main", 5)
        store.register("run-2", "second", 2)

        other = open_store()
        assert other.runs_of("main") == [("run-2", None), ("run-1", 1)]
        assert [other.forget("run-2", "main"), store.forget("run-2", "main")] == [True, False]
        assert (store.runs_of("main"), store.runs_of("second")) == ([("run-1", 1)], [("run-2", 2)])

    def test_what_was_sent_last(self, store: MessageStore, open_store: OpenStore) -> None:
        """The last one counts, for each target and channel; all is well again when it is forgotten."""
        assert store.last_trouble("main", "mail") is None
        store.remember("main", "mail", TROUBLE._replace(exit_code=4))
        store.remember("main", "mail", TROUBLE)

        other = open_store()
        assert other.last_trouble("main", "mail") == TROUBLE
        assert (other.last_trouble("main", "webhook"), other.last_trouble("second", "mail")) == (None, None)
        store.remember("main", "mail", None)
        assert other.last_trouble("main", "mail") is None

    def test_messages_wait_in_their_order(self, store: MessageStore, open_store: OpenStore) -> None:
        """Each once for a channel, with how often it was tried, and since when."""
        for message_id, channel in (("b", "mail"), ("a", "mail"), ("b", "mail"), ("b", "webhook")):
            store.enqueue("main", channel, message_id, "{}", 10.0)
        first, *_ = store.messages()
        store.note_try(first, 11.0)
        store.note_try(open_store().messages()[0], 12.0)

        found = open_store().messages()
        assert [(each.id, each.channel) for each in found] == [("b", "mail"), ("a", "mail"), ("b", "webhook")]
        assert found[0] == (first.number, "main", "mail", "b", "{}", 10.0, 11.0, 2)
        assert (found[1].first_tried, found[1].tries) == (None, 0)

    def test_what_is_delivered_is_gone(self, store: MessageStore, open_store: OpenStore) -> None:
        """For all processes."""
        store.enqueue("main", "mail", "a", "{}", 10.0)
        store.enqueue("main", "mail", "b", "{}", 10.0)
        first, second = store.messages()

        open_store().remove([first])

        assert [store.is_waiting(each) for each in (first, second)] == [False, True]
        assert store.messages() == [second]

    def test_one_process_sends_a_message(self, store: MessageStore, open_store: OpenStore) -> None:
        """While one holds it, no other does; afterwards another one may."""
        store.enqueue("main", "mail", "a", "{}", 10.0)
        (message,) = store.messages()
        other = open_store()

        with store.hold(message, 60.0) as first, other.hold(message, 60.0) as second:
            held = (first, second)
        with other.hold(message, 60.0) as third:
            assert (*held, third) == (True, False, True)

    def test_a_message_that_is_gone_is_not_waiting(self, store: MessageStore, open_store: OpenStore) -> None:
        """So who held it after another one does not send it again."""
        store.enqueue("main", "mail", "a", "{}", 10.0)
        (message,) = store.messages()
        with open_store().hold(message, 60.0):
            open_store().remove([message])

        with store.hold(message, 60.0):
            assert not store.is_waiting(message)

    def test_all_or_nothing(self, store: MessageStore, open_store: OpenStore) -> None:
        """What fails inside a transaction leaves nothing."""
        store.register("run-1", "main", 0)

        with suppress(ConnectionError), store.transaction("main"):
            store.forget("run-1", "main")
            store.enqueue("main", "mail", "a", "{}", 10.0)
            raise ConnectionError

        other = open_store()
        assert (other.runs_of("main"), other.messages()) == ([("run-1", 0)], [])
        with store.transaction("main"):
            store.forget("run-1", "main")
            store.enqueue("main", "mail", "a", "{}", 10.0)
        assert (other.runs_of("main"), len(other.messages())) == ([], 1)

    def test_of_many_one_reports(self, store: MessageStore, open_store: OpenStore) -> None:
        """An ending that several find at the same moment becomes one message, and is counted once."""
        store.register("run-1", "main", 0)
        store.remember("main", "mail", TROUBLE)

        def report(number: int) -> None:
            with closing(open_store()) as mine, mine.transaction("main"):
                last = mine.last_trouble("main", "mail")
                assert last
                mine.remember("main", "mail", last._replace(kept_back=last.kept_back + 1))
                if mine.forget("run-1", "main"):
                    mine.enqueue("main", "mail", f"{number}", "{}", 10.0)

        with ThreadPoolExecutor(4) as threads:
            [*threads.map(report, range(4))]

        assert len(store.messages()) == 1
        last = store.last_trouble("main", "mail")
        assert last
        assert last.kept_back == 4

    def test_a_target_is_called_otherwise(self, store: MessageStore, open_store: OpenStore) -> None:
        """What was kept under the old name is the new one's, unless it has its own."""
        store.remember("unknown", "mail", TROUBLE)
        store.remember("unknown", "webhook", TROUBLE)
        store.remember("main", "webhook", TROUBLE._replace(exit_code=6))
        store.enqueue("unknown", "mail", "a", "{}", 10.0)

        open_store().adopt("unknown", "main")

        assert store.last_trouble("main", "mail") == TROUBLE
        assert store.last_trouble("main", "webhook") == TROUBLE._replace(exit_code=6)
        assert [message.target for message in store.messages()] == ["main"]

    def test_the_targets(self, store: MessageStore) -> None:
        """Those of messages, and of runs that are noted."""
        assert store.targets() == []
        store.register("run-1", "second", 0)
        store.enqueue("main", "mail", "a", "{}", 10.0)
        store.enqueue("main", "mail", "b", "{}", 10.0)

        assert store.targets() == ["main", "second"]
