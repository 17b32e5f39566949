"""Where a plan is sent: a URL, and how its TLS is spoken. Data only, so that it goes to another process as it is."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from foreshock.errors import UsageError

# What belongs to one connection or is ours to say (RFC 9110, 7.6.1): a template has none of it, and it is never sent,
# but for a 'Connection: close' that the client said.
HOP_BY_HOP = frozenset({
    "connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip

_EXPECTED = "expected a URL such as 'http://127.0.0.1:8080' or 'https://staging.example/api'"


class Tls(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a target's certificate is verified, and what we show of ourselves. Files are PEM."""

    ca_file: str | None = None  # trusted instead of what this machine trusts
    certificate_file: str | None = None  # ours, with its chain
    key_file: str | None = None  # of our certificate, where it is not in the same file
    insecure: bool = False  # anybody is taken for the target: only where the user said so in as many words


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`prefix` stands before every path; `authority` is what Host says; `tls` is None for plain HTTP."""

    host: str
    port: int
    authority: str
    prefix: str = ""
    tls: Tls | None = None

    @classmethod
    def parse(cls, url: str, tls: Tls | None = None) -> Target:
        """The target at `url`; https verifies the certificate unless `tls` says 'insecure'.

        Raises UsageError naming what is allowed; files of `tls` are read later, when the connections are made.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise UsageError(f"target={url}: {error}; {_EXPECTED}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f"target={url}: {_EXPECTED}")
        if "@" in parts.netloc:  # not said again: what stands there may be a password
            raise UsageError(
                f"target={parts.scheme}://...@{parts.netloc.rpartition('@')[2]}: a user or password in the URL is not "
                "sent; give the URL without it, and credentials as `auth` in a scenario"
            )
        if tls is not None and parts.scheme == "http":
            raise UsageError(
                f"target={url}: tls is given, and nothing is verified over http; expected https://, or no tls"
            )
        return cls(
            host=parts.hostname,
            port=port,
            authority=parts.netloc,
            prefix=parts.path.rstrip("/"),
            tls=(tls or Tls()) if parts.scheme == "https" else None,
        )
