"""What joins a session over several recorders: each writes down what its sessions are known by, under the key."""

import msgspec


class SessionLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of `sessions-*.jsonl.zst`. `identity` is HMAC-SHA256 under the recording's key, of which 16 hex digits."""

    session: str
    identity: str
    sampled_out: bool = False
