"""What a recorder says at its end of what is not in the recording: a sentence for each loss, the largest first."""

from collections import Counter
from collections.abc import Iterator, Mapping

from recorder.manifest import Counts, MessageCounts, SignalCounts
from recorder.tally import Tally

_HOSTS_SHOWN = 20


def losses(counts: Counts, signals: SignalCounts, messages: MessageCounts = MessageCounts()) -> Iterator[str]:  # noqa: B008
    """A sentence for everything that was seen, was to be kept, and is not there."""
    for reason, count in _largest_first(counts.dropped):
        yield f"{count} of {counts.seen} exchanges were lost: {reason}"
    for reason, count in _largest_first(messages.dropped):
        yield f"{count} of {messages.seen} messages were lost: {reason}"
    if messages.left_out:
        yield f"{messages.left_out} of {messages.seen} messages were left out: their sockets had said enough"
    for reason, count in _largest_first(signals.lost):
        yield f"{count} signals were lost: {reason}"


def unrecorded(passed: Mapping[str, Tally]) -> Iterator[str]:
    """A sentence for each host whose connections went through unrecorded, as far as they are many."""
    told = Counter({(host, what): count for what, tally in passed.items() for host, count in tally.by_host.items()})
    for (host, what), count in told.most_common(_HOSTS_SHOWN):
        yield f"not recorded: {host}: {what} ({count} connections)"
    rest = sum(told.values()) - sum(count for _, count in told.most_common(_HOSTS_SHOWN))
    rest += sum(tally.unlisted for tally in passed.values())
    if rest:
        yield f"not recorded: {rest} connections to other hosts; manifest.json names them, as far as there is room"


def _largest_first(by_reason: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(by_reason.items(), key=lambda item: -item[1])
