"""What of the traffic is kept, and how much of it."""

import msgspec

from foreshock.size import format_bytes
from recorder.filter import Filter
from recorder.ring import Rotation
from recorder.sampling import Share
from recorder.session import Rule


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """`body_cap_bytes` None: bodies come capped, or are kept whole. `min_free_bytes` is left free on the disk."""

    filter: Filter = Filter()
    share: Share = Share()
    rule: Rule = Rule()
    rotation: Rotation = Rotation()
    body_cap_bytes: int | None = None
    min_free_bytes: int = 0

    @property
    def said(self) -> dict[str, str]:
        """What the manifest says of it, beside the rotation's own."""
        told = dict(self.filter.said)
        if self.share.fraction < 1:
            told["sample"] = f"{self.share.fraction * 100:g}% of the sessions"
        if self.body_cap_bytes is not None:
            told["body cap"] = format_bytes(self.body_cap_bytes)
        if self.min_free_bytes:
            told["min free"] = format_bytes(self.min_free_bytes)
        return told
