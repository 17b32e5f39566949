"""Which toxics a server lacks, found out by asking it for each: its version tells little ('git' of a source build)."""

import secrets
from collections.abc import Iterable
from contextlib import suppress

from faults.toxic import ATTRIBUTES, Toxic
from faults.toxiproxy import Proxy, Refused, Server
from foreshock.errors import HarnessError

_NEEDED = {"slicer": {"average_size": 2, "size_variation": 1}}  # without sizes a real server may die of one


def lacking(server: Server, types: Iterable[str] = ATTRIBUTES) -> tuple[str, ...]:
    """The types of toxics that it refuses, asked for on a disabled proxy of ours that is taken away again.

    Raises HarnessError where it can't be asked: it makes no proxies, or fails.
    """
    name = f"foreshock-probe-{secrets.token_hex(8)}"
    proxy = server.create("127.0.0.1:9", name, enabled=False)
    try:
        found = tuple(kind for kind in types if not _takes(proxy, kind))
    except HarnessError:
        with suppress(HarnessError):  # what is said is what went wrong first
            proxy.destroy()
        raise
    proxy.destroy()
    return found


def _takes(proxy: Proxy, kind: str) -> bool:
    try:
        proxy.add_toxic(Toxic(name=kind, type=kind, attributes=_NEEDED.get(kind, {})))
    except Refused as refused:
        if refused.status >= 500:
            raise
        return False
    return True
