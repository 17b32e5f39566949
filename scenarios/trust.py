"""How the scenario's own https requests are secured: its checks, its resets, and whether a process is ready."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from replayer.target import Target
from replayer.wire.tls import contexts
from scenarios.hosts import is_loopback


class Trust:
    """As the target's where they go to its host, for what is shown to it is nobody else's; else as by default.

    Raises UsageError for files of the target's `tls` that cannot be read.
    """

    def __init__(self, target: Target) -> None:
        self._host = target.host
        self._context = contexts(target.tls).http1 if target.tls else None

    def of(self, url: str) -> ssl.SSLContext | None:
        """None: by default, or not at all."""
        host = urlsplit(url).hostname or ""
        return self._context if host == self._host or (is_loopback(host) and is_loopback(self._host)) else None
