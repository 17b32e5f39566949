from recorder.exchange import Content
from recorder.following import EndLine, MessageLine
from recorder.manifest import MessageCounts
from recorder.messageledger import MessageLedger


def ledger(*lines: tuple[str, int], ends: dict[str, int] | None = None, opened: str = "ab") -> MessageLedger:
    made = MessageLedger()
    for exchange in opened:
        made.open(exchange)
    for of, nth in lines:
        made.add(MessageLine(of=of, nth=nth, at_s=0.0, content=Content.of(b"x")))
    for of, nth in (ends or {}).items():
        made.add(EndLine(of=of, nth=nth, ended_s=0.0))
    return made


def troubles(made: MessageLedger, counts: MessageCounts, exchanges_lost: int = 0) -> list[str]:
    return list(made.troubles(counts, closed=True, exchanges_lost=exchanges_lost))


def test_where_every_number_and_every_end_is_there_is_no_trouble() -> None:
    whole = ledger(("a", 1), ("b", 1), ("a", 2), ends={"a": 3, "b": 2})
    assert troubles(whole, MessageCounts(seen=5, stored=5)) == []


def test_a_gap_and_a_missing_end_are_found_unless_the_counts_explain_them() -> None:
    torn = ledger(("a", 1), ("a", 3), ends={"a": 4})
    assert troubles(torn, MessageCounts(seen=3, stored=3)) == [
        "2 messages and ends are missing, of which the counts explain 0"
    ]
    assert troubles(torn, MessageCounts(seen=5, stored=3, dropped={"by hand": 1}, rotated_out=1)) == []


def test_messages_that_repeat_and_messages_of_nobody_are_found() -> None:
    odd = ledger(("a", 1), ("a", 1), ("c", 1), ends={"a": 2, "b": 1, "c": 2})
    counts = MessageCounts(seen=6, stored=6)
    assert troubles(odd, counts) == [
        "of 1 sockets messages repeat",
        "1 sockets have messages and no exchange, of which the counts explain 0",
    ]
    assert len(troubles(odd, counts, exchanges_lost=1)) == 1


def test_counts_that_do_not_add_up_and_lines_that_are_gone_are_found() -> None:
    assert troubles(ledger(opened=""), MessageCounts(seen=3, stored=2)) == [
        "of 3 messages seen, 1 are not accounted for",
        "2 messages were stored, 0 can be read",
    ]


def test_behind_a_kill_only_what_had_been_counted_must_be_there() -> None:
    killed = ledger(("a", 1), ("a", 2))
    assert list(killed.troubles(MessageCounts(seen=1, stored=1), closed=False, exchanges_lost=0)) == []
    assert list(killed.troubles(MessageCounts(seen=3, stored=3), closed=False, exchanges_lost=0)) == [
        "3 messages were stored, 2 can be read"
    ]


def test_exchanges_that_were_joined_before_they_were_written_want_no_end() -> None:
    assert troubles(ledger(), MessageCounts()) == []
