"""The way from the proxy to the disk: a bounded queue, and a thread that names sessions, chooses, redacts and writes.

The proxy must never wait for us. What does not fit is dropped and counted, as is everything while the disk refuses it.
"""

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

import msgspec

from foreshock.clock import Anchor
from recorder.body import Cap
from recorder.disk import Disk
from recorder.exchange import Content, Exchange
from recorder.keeping import Keeping
from recorder.listen.signal import LogLine, Sample
from recorder.manifest import Counts, SignalCounts
from recorder.policy import Policy
from recorder.redact import DEFAULT, Redactor
from recorder.sampling import Sampler
from recorder.session import Peer, Session, Sessions, identity_hash
from recorder.sessionlink import SessionLink
from recorder.waiting import Bounds, Offer, Waiting
from recorder.writer import RecordingWriter

_TICK_S = 0.25  # twice as often as a segment is flushed
_TEXTS = 20_000  # redacted names and templates remembered: the same come again and again
_LINKS = 200_000  # that wait while the disk refuses them: as many as sessions are remembered by


class Intake:
    """Takes exchanges and signals from any thread, and returns at once.

    `failure` is what the disk said if it refused anything; `on_failure` is told when it begins and ends to refuse.
    """

    def __init__(
        self,
        writer: RecordingWriter,
        redactor: Redactor,
        *,
        key: bytes = b"",
        keeping: Keeping = Keeping(),  # noqa: B008 (frozen)
        bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
        on_failure: Callable[[str], None] = lambda _: None,
        disk: Disk | None = None,
    ) -> None:
        self._writer = writer
        self._redactor = redactor
        self._redacted_text = lru_cache(_TEXTS)(redactor.text)
        self._key = key
        self._filter = keeping.filter
        self._cap = None if keeping.body_cap_bytes is None else Cap(keeping.body_cap_bytes, key)
        self._sessions = Sessions(keeping.rule)
        self._sampler = Sampler(keeping.share, key)
        self._disk = disk or Disk(writer.folder, min_free_bytes=keeping.min_free_bytes, tell=on_failure)
        self._waiting = Waiting(bounds)
        self._thread = threading.Thread(target=self._work, name="recording writer", daemon=True)
        self._thread.start()

    @classmethod
    def into(
        cls,
        out: Path,
        *,
        upstream: str,
        key: bytes,
        tools: Mapping[str, str] | None = None,
        policy: Policy = DEFAULT,
        recorder: str = "",
        encrypt_key: bytes | None = None,
        keeping: Keeping = Keeping(),  # noqa: B008 (frozen)
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """An intake that writes the new recording `out`, or the part of `recorder` in it. UsageError if it is there."""
        redactor = Redactor(key, policy)
        writer = RecordingWriter(
            out,
            upstream=upstream,
            redaction=redactor.redaction,
            session_rule=str(keeping.rule),
            tools=tools,
            recorder=recorder,
            rotation=keeping.rotation,
            keeping=keeping.said,
            encrypt_key=encrypt_key,
        )
        return cls(writer, redactor, key=key, keeping=keeping, on_failure=on_failure)

    @property
    def folder(self) -> Path:
        """The recording, or this recorder's part of it."""
        return self._writer.folder

    @property
    def anchor(self) -> Anchor:
        """The zero of the recording's clock."""
        return self._writer.anchor

    @property
    def failure(self) -> str | None:
        return self._disk.failure

    @property
    def signals(self) -> SignalCounts:
        """Once it is closed: what became of the signals."""
        return self._writer.signals

    def offer(self, exchange: Exchange, address: str = "", *, certificate: str = "") -> None:
        """Takes one exchange as it crossed the wire, or drops it. `address` is the client's host (the PROXY protocol's
        where it says one), `certificate` the SHA-256 of the client's, in hex."""
        self._waiting.offer(exchange, Peer(address, certificate))

    def drop(self, reason: str) -> None:
        """Accounts for an exchange that was seen and cannot be kept."""
        self._waiting.drop(reason)

    def hear(self, signal: Sample | LogLine) -> None:
        """Takes one signal, or loses it."""
        self._waiting.hear(signal)

    def lose_signals(self, reason: str, count: int = 1) -> None:
        """Accounts for signals that were not heard, or could not be kept."""
        self._waiting.lose_signals(reason, count)

    def close(self) -> Counts:
        """Writes what is queued and ends the recording; what it holds in the end."""
        self._waiting.close()
        self._thread.join()
        return self._writer.counts

    def _work(self) -> None:
        while True:
            taken = self._waiting.take(_TICK_S)
            for reason, count in taken.dropped.items():
                self._writer.drop(reason, count)
            for reason, count in taken.lost.items():
                self._writer.lose_signals(reason, count)
            self._disk.look()
            for offer in taken.offers:
                self._keep(offer)
            for signal in taken.signals:
                self._keep_signal(signal)
            self._on_disk(self._writer.tick)
            if taken.closing and not (taken.offers or taken.signals):
                if not self._on_disk(self._writer.close):
                    self._on_disk(self._writer.close)  # what was held is lost, and makes room for the account of it
                return

    def _keep(self, offer: Offer) -> None:
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
        else:
            self._store(offer.exchange, session)
        self._link()

    def _store(self, exchange: Exchange, session: Session) -> None:
        withheld_before = self._redactor.bodies_withheld
        try:
            redacted = self._redactor.exchange(self._capped(exchange))
        except Exception as error:  # noqa: BLE001 (as above; what is not redacted is not written)
            self._writer.drop(f"could not be redacted: {type(error).__name__}")
            return
        withheld = self._redactor.bodies_withheld - withheld_before
        recorder = self._writer.recorder
        named = msgspec.structs.replace(
            redacted,
            id=f"{recorder}.{exchange.id}" if recorder else exchange.id,
            session=f"{recorder}.{session.name}" if recorder else session.name,
            recorder=recorder,
        )
        try:
            self._on_disk(lambda: self._writer.write(named, bodies_withheld=withheld))
        except Exception as error:  # noqa: BLE001 (as above: text that is no Unicode, say)
            self._writer.drop(f"could not be written: {type(error).__name__}")

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
            name = f"{self._writer.recorder}.{session.name}"
            link = SessionLink(name, identity_hash(self._key, identity), out)
            self._on_disk(lambda link=link: self._writer.link(link))  # type: ignore[misc]  # bound now

    def _keep_signal(self, signal: Sample | LogLine) -> None:
        if self._disk.trouble:
            self._writer.lose_signals(self._disk.trouble, 1)
            return
        try:
            redacted = self._redacted(signal)
        except Exception as error:  # noqa: BLE001 (as with exchanges)
            self._writer.lose_signals(f"could not be redacted: {type(error).__name__}", 1)
            return
        self._on_disk(lambda: self._writer.hear(redacted))

    def _redacted(self, signal: Sample | LogLine) -> Sample | LogLine:
        if isinstance(signal, LogLine):
            return msgspec.structs.replace(signal, template=self._redacted_text(signal.template))
        if "{" not in signal.name:
            return signal
        return msgspec.structs.replace(signal, name=self._redacted_text(signal.name))

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

    def _on_disk(self, action: Callable[[], object]) -> bool:
        if self._disk.attempt(action):
            return True
        self._writer.lose(self._disk.trouble)
        return False
