"""A signal as it may be written down (law 9): whatever of it the system itself has chosen the words of is redacted."""

from collections.abc import Callable

import msgspec

from recorder.listen.signal import LogLine, Sample, Signal, Span


def redacted_signal(signal: Signal, redact: Callable[[str], str]) -> Signal:
    """With `redact` over a log line's template and fields, a span's operation, and a series that has labels."""
    match signal:
        case Sample():
            return msgspec.structs.replace(signal, name=redact(signal.name)) if "{" in signal.name else signal
        case LogLine():
            fields = tuple((name, redact(value) if value else "") for name, value in signal.fields)
            return msgspec.structs.replace(signal, template=redact(signal.template), fields=fields)
        case Span():
            return msgspec.structs.replace(signal, operation=redact(signal.operation))
