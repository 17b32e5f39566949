"""Sampling by whole sessions: who is in is drawn from the session's identity under the key, so recorders agree."""

import hmac
import re

import msgspec

from recorder.session import Session

_WHOLE = 1 << 64


class Share(msgspec.Struct, frozen=True):
    """`fraction` of the sessions, 0 to 1."""

    fraction: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "Share":
        """'10%' or '0.1'. Raises ValueError naming what is allowed."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text.strip())
        fraction = float(match[1]) / (100 if match[2] else 1) if match else 0.0
        if not 0 < fraction <= 1:
            raise ValueError(f"expected a share of the sessions such as '10%', above 0% and up to 100%, got {text!r}")
        return cls(fraction)

    def draws(self, identity: str, key: bytes) -> bool:
        """Whether the session of that identity is in: the same for every recorder with that key, at any time."""
        drawn = hmac.digest(key, b"foreshock sample " + identity.encode("utf-8", "surrogateescape"), "sha256")
        return int.from_bytes(drawn[:8]) < self.fraction * _WHOLE


class Sampler:
    """Decides once for each session, by what it was first known by: never half of one. Belongs to one thread."""

    def __init__(self, share: Share, key: bytes) -> None:
        self._share = share
        self._key = key

    def keeps(self, session: Session) -> bool:
        if session.sampled_in is None:
            whole = self._share.fraction >= 1
            session.sampled_in = whole or self._share.draws(session.identity, self._key)
        return session.sampled_in
