"""What is spoken on one connection, followed as far as it is understood, from then on as bytes."""

from faults.tap.body import NotUnderstood
from faults.tap.gate import Gate
from faults.tap.http1 import Http1
from faults.tap.http2 import PREFACE_LINE, Http2, is_settings
from faults.tap.ledger import Connection, Ledger
from faults.tap.rules import Rules


class Watch:
    """Told of the bytes of a connection and of its ends. It is taken for HTTP/1.1 until it is something else."""

    def __init__(self, entry: Connection, ledger: Ledger, rules: Rules, gate: Gate) -> None:
        self._entry, self._ledger, self._rules, self._gate = entry, ledger, rules, gate
        self.http: Http1 | Http2 | None = Http1(entry, ledger, rules, gate)  # None: what is spoken isn't understood

    def up(self, data: bytes, now_s: float) -> None:
        self._entry.up(len(data), now_s)
        self._ask(data, now_s)

    def go_on(self, now_s: float) -> None:
        """What was held may be looked at again."""
        self._ask(b"", now_s)

    def down(self, data: bytes, now_s: float) -> None:
        self._entry.down(len(data), now_s)
        if self.http is None:
            return
        try:
            self.http.answered(data, now_s)
        except NotUnderstood:
            if not self._entry.protocol and is_settings(data):
                self._take_for_http2(now_s, answer=data)
            else:
                self._let_go(now_s)

    def left(self, now_s: float) -> None:
        """The client will say nothing more."""
        if self.http is not None:
            self.http.left(now_s)

    def ended(self, now_s: float, *, reset: bool, given_up: bool) -> None:
        """Nothing will come from the upstream any more; `given_up`: nor did the client wait for it."""
        if self.http is not None:
            self.http.ended(now_s, reset=reset, given_up=given_up)

    def _ask(self, data: bytes, now_s: float) -> None:
        if self.http is None:
            return
        try:
            self.http.asked(data, now_s)
        except NotUnderstood:
            if not self._entry.protocol and self.http.held.startswith(PREFACE_LINE):
                self._take_for_http2(now_s)
            else:
                self._let_go(now_s)

    def _take_for_http2(self, now_s: float, answer: bytes = b"") -> None:
        """Nothing of it can be steered, so what was held for that goes on."""
        assert self.http is not None
        held, unsent = self.http.held, self.http.unsent
        self.http = Http2(self._entry, self._ledger, self._rules)
        self._gate.open(unsent)
        try:
            self.http.asked(held, now_s)
            self.http.answered(answer, now_s)
        except NotUnderstood:
            self._let_go(now_s)

    def _let_go(self, now_s: float) -> None:
        assert self.http is not None
        http, self.http = self.http, None
        self._entry.protocol = "bytes"
        http.ended(now_s, reset=False, given_up=True)
        self._gate.open(http.unsent)
