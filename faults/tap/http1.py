"""HTTP/1.1 on one connection: its requests and their answers, as their bytes pass.

What goes on, and where to, is the gate's: while it is shut, a request's bytes are handed to it one part after the
other, once its head has been read; else they went on before they came here.
"""

from collections import deque

from faults.tap.body import Body, NotUnderstood, UntilClose
from faults.tap.gate import Gate
from faults.tap.head import (
    RequestHead,
    is_plain_request,
    may_begin_request,
    path_of,
    read_answer,
    read_request,
    status_of_whole,
)
from faults.tap.ledger import Call, Connection, Ledger
from faults.tap.rules import Rules

LONGEST_HEAD = 1 << 16  # bytes
MOST_WAITING = 4096  # calls of a connection that wait for their answers
_END = b"\r\n\r\n"
_SWITCHING = 101


class Http1:
    steerable = True  # one request after the other can be taken

    def __init__(self, entry: Connection, ledger: Ledger, rules: Rules, gate: Gate) -> None:
        self._entry, self._ledger, self._rules, self._gate = entry, ledger, rules, gate
        self.held = b""  # of the client's bytes: the beginning of a head, or what waits while a request is away
        self._gone = 0  # how many of them went on already
        self._held_since_s = 0.0
        self._asking: Call | None = None  # whose body is coming
        self._ask_body: Body | None = None
        self._tunnel = False  # CONNECT was asked: what the client says next may be anything
        self._waiting: deque[Call] = deque()  # calls whose answers aren't whole
        self._answer = b""  # the beginning of an answer's head
        self._answer_body: Body | None = None
        self.persistent = True  # the connection is to go on after the latest request, or its answer

    @property
    def idle(self) -> bool:
        """Every request is whole, and so is its answer."""
        return not self._waiting and self._asking is None

    @property
    def unsent(self) -> bytes:
        """What has not gone on of what the client said."""
        return self.held[self._gone :]

    def let_pass(self) -> bytes:
        """What is held goes on now, returned for that: its request can't be steered any more."""
        unsent, self._gone = self.unsent, len(self.held)
        return unsent

    # from the client

    def asked(self, data: bytes, now_s: float) -> None:
        """Raises NotUnderstood; then what has not gone on is `unsent`."""
        if self._between and is_plain_request(data):
            call = self._call(data, now_s)
            call.bytes_up = len(data)
            call.asked(now_s)
        else:
            self._ask_in_parts(data, now_s)

    @property
    def _between(self) -> bool:
        """Between two requests, and the gate is open."""
        return not (self.held or self._gate.shut or self._asking or self._tunnel)

    def _ask_in_parts(self, data: bytes, now_s: float) -> None:
        if self.held:
            data = self.held + data
            self.held = b""
        if not self._gate.shut:
            self._gone = len(data)
        while data:
            try:
                at = self._ask(data, now_s)
            except NotUnderstood:
                self.held = data
                raise
            if not at:
                self.held = data
                self._held_since_s = self._held_since_s or now_s
                return
            if self._gate.shut and at > self._gone:
                self._gate.send(data[self._gone : at])
            if at == len(data):
                self._gone = 0
                return
            self._gone = max(0, self._gone - at)
            data = data[at:]

    def _ask(self, data: bytes, now_s: float) -> int:
        """Where the part ends that `data` begins with; 0: more of it is needed, or it has to wait."""
        if self._asking is not None:
            return self._ask_more(self._asking, data, now_s)
        if self._gate.away:
            return 0
        if data[0] <= 13:  # line ends between requests are to be ignored (RFC 9112, 2.2)
            return len(data) - len(data.lstrip(b"\r\n")) or 1
        at = data.find(_END) + len(_END)
        if at < len(_END):
            _check_beginning(data)
            return 0
        self._begin(read_request(data, at), at, now_s)
        return at

    def _ask_more(self, call: Call, data: bytes, now_s: float) -> int:
        assert self._ask_body is not None
        at = self._ask_body.eat(data, 0)
        call.bytes_up += at
        if self._ask_body.whole:
            call.asked(now_s)
            self._asking = self._ask_body = None
        return at

    def _begin(self, head: RequestHead, size: int, now_s: float) -> None:
        if self._tunnel:
            raise NotUnderstood("spoken after CONNECT, before its answer")
        call = self._call(head, now_s)
        call.bytes_up = size
        if self._rules.on_requests:
            self._offer(head, call)
        self._tunnel = head.method == b"CONNECT"
        self.persistent = head.persistent
        if head.length:
            self._asking, self._ask_body = call, head.body(call.begin_body().add)
        else:
            call.asked(now_s)

    def _call(self, head: bytes | RequestHead, now_s: float) -> Call:
        """A new one, that waits for its answer from now on."""
        if len(self._waiting) >= MOST_WAITING:
            raise NotUnderstood("more requests than a tap bears in mind")
        started_s = self._held_since_s or now_s
        self._held_since_s = 0.0
        call = Call(connection=self._entry.ordinal, protocol="http/1.1", head=head, started_s=started_s)
        self._entry.protocol = "http/1.1"
        self._ledger.call(call)
        self._waiting.append(call)
        return call

    def _offer(self, head: RequestHead, call: Call) -> None:
        steerable = self._gate.shut and not self._gone and len(self._waiting) == 1 and not head.tunnel
        rule = self._rules.request(head.method.decode(), path_of(head.target), head.traceparent, steerable=steerable)
        if rule is not None:
            call.fault = rule.id
            self._gate.steer(rule)

    # from the upstream

    def answered(self, data: bytes, now_s: float) -> None:
        """Raises NotUnderstood."""
        if self._waiting and not (self._answer or self._answer_body or self._tunnel or self._gate.away):
            status = status_of_whole(data)
            if status is not None:
                call = self._waiting.popleft()
                call.status, call.first_byte_s, call.bytes_down = status, now_s, call.bytes_down + len(data)
                call.end("answered", now_s)
                return
        self._answer_in_parts(data, now_s)

    def _answer_in_parts(self, data: bytes, now_s: float) -> None:
        if self._answer:
            data = self._answer + data
            self._answer = b""
        while data:
            if not self._waiting:
                raise NotUnderstood("an answer to nothing")
            call = self._waiting[0]
            if call.first_byte_s is None:
                call.first_byte_s = now_s
            if self._answer_body is not None:
                at = self._answer_body.eat(data, 0)
                call.bytes_down += at
                if self._answer_body.whole:
                    self._end_answer(call, now_s)
            else:
                at = self._answer_head(call, data, now_s)
                if not at:
                    self._answer = data
                    return
            data = data[at:]

    def _answer_head(self, call: Call, data: bytes, now_s: float) -> int:
        """Where it ends (with its body, if that is there already); 0: more of it is needed."""
        at = data.find(_END) + len(_END)
        if at < len(_END):
            if len(data) > LONGEST_HEAD or not data.startswith(b"HTTP/1."[: len(data)]):
                raise NotUnderstood("no answer's head")
            return 0
        head = read_answer(data, at, call.request.method)
        if head.status == _SWITCHING or (self._tunnel and 200 <= head.status < 300):
            call.status = head.status
            call.bytes_down += at
            call.end("answered", now_s)
            raise NotUnderstood("another protocol from here on")
        if head.status < 200:  # an interim one
            call.bytes_down += at
            call.first_byte_s = None
            return at
        call.status = head.status
        self.persistent = self.persistent and head.persistent
        if head.length is not None and len(data) - at >= head.length >= 0:  # it is all there
            at += head.length
            self._end_answer(call, now_s)
        else:
            self._answer_body = head.body()
        call.bytes_down += at
        return at

    def _end_answer(self, call: Call, now_s: float) -> None:
        call.end("answered", now_s)
        self._waiting.popleft()
        self._answer_body = None
        self._tunnel = False

    # ends

    def left(self, now_s: float) -> None:
        """The client said its FIN: as clients of HTTP do when they have given up waiting, whatever comes yet."""
        for call in self._waiting:
            call.end("open", now_s)

    def ended(self, now_s: float, *, reset: bool, given_up: bool) -> None:
        """No more answers will come: there was FIN or RST, or nobody waits for them (`given_up`)."""
        for call in self._waiting:
            if isinstance(self._answer_body, UntilClose) and call.status is not None and not reset:
                call.end("answered", now_s)
            elif given_up:
                call.end("open", now_s)
            elif reset:
                call.end("reset", now_s)
            else:
                call.end("closed" if call.first_byte_s is None else "cut", now_s)
        self._waiting.clear()


def _check_beginning(data: bytes) -> None:
    """Raises NotUnderstood if this can't become a head."""
    if len(data) > LONGEST_HEAD or b"\n\n" in data or b"\n\r\n" in data or not may_begin_request(data):
        raise NotUnderstood("no request's head")
