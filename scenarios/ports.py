"""Free loopback ports for the processes that the harness starts."""

from __future__ import annotations

import random
import socket

from foreshock.errors import HarnessError

# Below what Linux (32768), macOS and Windows (49152) hand out to outgoing connections: between our look and the
# process's bind, and between its death and its restart, nobody's outgoing connection takes the port.
_LOWEST, _HIGHEST = 20_000, 32_000
_TRIES = 2_000


def free_ports(count: int) -> list[int]:
    """`count` different ports on 127.0.0.1 that nobody listens on now. Raises HarnessError if they can't be had.

    Chosen by chance from the system's own entropy, so that two runs on one machine rarely want the same.
    """
    chance = random.SystemRandom()
    found: set[int] = set()
    for _ in range(_TRIES):
        if len(found) == count:
            break
        port = chance.randint(_LOWEST, _HIGHEST)
        if port not in found and _is_free(port):
            found.add(port)
    if len(found) < count:
        raise HarnessError(f"found {len(found)} of {count} free ports from {_LOWEST} to {_HIGHEST} on 127.0.0.1")
    return list(found)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set it too: a connection that lingers in TIME_WAIT does not make the port taken for them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
