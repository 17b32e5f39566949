"""What becomes of everything that the intake takes: sessions are named, it is chosen, redacted and written, or counted.

Belongs to the intake's thread. Nothing that comes here may end the recording: what our own code cannot bear is counted.
"""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from recorder.body import Cap
from recorder.disk import Disk
from recorder.exchange import Content, Exchange, header
from recorder.following import Following
from recorder.goingon import GoingOn
from recorder.keeping import Keeping
from recorder.listen.redacted import redacted_signal
from recorder.listen.signal import Signal
from recorder.redact import Redactor
from recorder.sampling import Sampler
from recorder.session import Session, Sessions, identity_hash
from recorder.sessionlink import SessionLink
from recorder.waiting import Offer
from recorder.writer import RecordingWriter

_TEXTS = 20_000  # redacted names and templates remembered: the same come again and again
_LINKS = 200_000  # that wait while the disk refuses them: as many as sessions are remembered by


class Keeper:
    def __init__(self, writer: RecordingWriter, redactor: Redactor, key: bytes, keeping: Keeping, disk: Disk) -> None:
        self._writer = writer
        self._redactor = redactor
        self._redacted_text = lru_cache(_TEXTS)(redactor.text)
        self._key = key
        self._filter = keeping.filter
        self._cap = None if keeping.body_cap_bytes is None else Cap(keeping.body_cap_bytes, key)
        self._sessions = Sessions(keeping.rule)
        self._sampler = Sampler(keeping.share, key)
        self._going = GoingOn(redactor)
        self._disk = disk

    def keep(self, offer: Offer) -> None:
        """Stores it, or counts why not. Sessions see all that comes: who is who hangs on what is not kept, too."""
        try:
            session = self._sessions.session_of(offer.exchange, offer.peer)
            kept, sampled_in = self._filter.keeps(offer.exchange), self._sampler.keeps(session)
        except Exception as error:  # noqa: BLE001 (one strange exchange must not end the recording; it is counted)
            self._writer.drop(f"could not be understood: {type(error).__name__}")
            return
        if not kept:
            self._writer.exclude()
        elif not sampled_in:
            self._writer.sample_out()
        elif self._disk.trouble:
            self._writer.drop(self._disk.trouble)
        elif self._store(offer, session) and offer.exchange.goes_on:
            self._going.open(offer.exchange)
        self._link()

    def _store(self, offer: Offer, session: Session) -> bool:
        """Whether it was."""
        exchange = offer.exchange
        withheld_before = self._redactor.bodies_withheld
        try:
            redacted = self._redactor.exchange(self._capped(exchange))
        except Exception as error:  # noqa: BLE001 (as above; what is not redacted is not written)
            self._writer.drop(f"could not be redacted: {type(error).__name__}")
            return False
        withheld = self._redactor.bodies_withheld - withheld_before
        named = msgspec.structs.replace(
            redacted, id=self._named(exchange.id), session=self._named(session.name), recorder=self._writer.recorder
        )
        says_host = header(named.request.headers, "host") == header(exchange.request.headers, "host")
        host = offer.host if says_host else ""  # a policy that hides the one hides the other
        try:
            return self.on_disk(lambda: self._writer.write(named, bodies_withheld=withheld, host=host))
        except Exception as error:  # noqa: BLE001 (as above: text that is no Unicode, say)
            self._writer.drop(f"could not be written: {type(error).__name__}")
            return False

    def follow(self, line: Following) -> None:
        """Stores what came after its exchange was stored, or counts why not."""
        withheld_before = self._redactor.bodies_withheld
        try:
            redacted = self._going.redacted(line)
        except Exception as error:  # noqa: BLE001 (as above)
            self._writer.drop_messages(f"could not be redacted: {type(error).__name__}")
            return
        if redacted is None:
            self._writer.pass_over_message()
        elif self._disk.trouble:
            self._writer.drop_messages(self._disk.trouble)
        else:
            withheld = self._redactor.bodies_withheld - withheld_before
            named = msgspec.structs.replace(redacted, of=self._named(line.of))
            self._write_message(named, withheld)

    def _write_message(self, line: Following, withheld: int) -> None:
        try:
            self.on_disk(lambda: self._writer.follow(line, bodies_withheld=withheld))
        except Exception as error:  # noqa: BLE001 (as above)
            self._writer.drop_messages(f"could not be written: {type(error).__name__}")

    def _named(self, name: str) -> str:
        """As it is known among several recorders."""
        return f"{self._writer.recorder}.{name}" if self._writer.recorder else name

    def _link(self) -> None:
        """One of several recorders writes down what its sessions are known by; alone there is nobody to know it."""
        learnt, self._sessions.learnt = self._sessions.learnt, []
        if not self._writer.recorder:
            return
        if self._disk.trouble:
            self._sessions.learnt = learnt[-_LINKS:]  # for when there is room again
            return
        for session, identity in learnt:
            out = not self._sampler.keeps(session)
            link = SessionLink(self._named(session.name), identity_hash(self._key, identity), out)
            self.on_disk(lambda link=link: self._writer.link(link))  # type: ignore[misc]  # bound now

    def keep_signal(self, signal: Signal) -> None:
        if self._disk.trouble:
            self._writer.lose_signals(self._disk.trouble, 1)
            return
        try:
            redacted = redacted_signal(signal, self._redacted_text)
        except Exception as error:  # noqa: BLE001 (as with exchanges)
            self._writer.lose_signals(f"could not be redacted: {type(error).__name__}", 1)
            return
        self.on_disk(lambda: self._writer.hear(redacted))

    def _capped(self, exchange: Exchange) -> Exchange:
        """Bodies beyond the cap as their digest: whoever offers them may have capped them before."""
        if self._cap is None:
            return exchange
        request, response = exchange.request, exchange.response
        request = msgspec.structs.replace(request, post_data=self._body(self._cap, request.post_data))
        if response is not None:
            response = msgspec.structs.replace(response, content=self._body(self._cap, response.content))
        return msgspec.structs.replace(exchange, request=request, response=response)

    def _body(self, cap: Cap, content: Content) -> Content:
        return cap.content_of(content.raw) if content.text and content.size > cap.cap_bytes else content

    def on_disk(self, action: Callable[[], object]) -> bool:
        """Whether the disk let it be done; if not, what is lost by it is counted."""
        if self._disk.attempt(action):
            return True
        self._writer.lose(self._disk.trouble)
        return False
