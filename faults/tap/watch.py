"""What is spoken on one connection, followed as far as it is understood, from then on as bytes."""

from faults.tap.body import NotUnderstood
from faults.tap.http1 import Gate, Http1
from faults.tap.ledger import Connection, Ledger
from faults.tap.rules import Rules


class Watch:
    """Told of the bytes of a connection and of its ends."""

    def __init__(self, entry: Connection, ledger: Ledger, rules: Rules, gate: Gate) -> None:
        self.entry = entry
        self._gate = gate
        self.http: Http1 | None = Http1(entry, ledger, rules, gate)  # None: what is spoken isn't understood

    def up(self, data: bytes, now_s: float) -> None:
        self.entry.up(len(data), now_s)
        if self.http is not None:
            try:
                self.http.asked(data, now_s)
            except NotUnderstood:
                self._let_go(now_s)

    def down(self, data: bytes, now_s: float) -> None:
        self.entry.down(len(data), now_s)
        if self.http is not None:
            try:
                self.http.answered(data, now_s)
            except NotUnderstood:
                self._let_go(now_s)

    def ended(self, now_s: float, *, reset: bool, given_up: bool) -> None:
        """Nothing will come from the upstream any more; `given_up`: nor did the client wait for it."""
        if self.http is not None:
            self.http.ended(now_s, reset=reset, given_up=given_up)

    def _let_go(self, now_s: float) -> None:
        assert self.http is not None
        http, self.http = self.http, None
        self.entry.protocol = "bytes"
        http.ended(now_s, reset=False, given_up=True)
        self._gate.open(http.unsent)
