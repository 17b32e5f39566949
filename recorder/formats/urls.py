"""Between the absolute URLs of other formats and the request target, with its Host, of an exchange."""

import re

from recorder.exchange import Request, header

_URL = re.compile(r"(?i:(https?|wss?))://([^/?#\s]*)([^#]*)")
_PLAIN = {"ws": "http", "wss": "https"}


def parted(url: str) -> tuple[str, str]:
    """('https://shop.example', '/orders?page=2') of an absolute URL, without fragment and user; else ('', url)."""
    parts = _URL.match(url)
    if parts is None:
        return "", url.partition("#")[0] or "/"
    scheme = parts[1].lower()
    target = parts[3] if parts[3][:1] == "/" else f"/{parts[3]}"
    return f"{_PLAIN.get(scheme, scheme)}://{parts[2].rpartition('@')[2].lower()}", target


def authority_of(origin: str) -> str:
    """What a Host header says of an origin."""
    return origin.partition("://")[2]


def host_of(origin: str) -> str:
    """The name alone, without port, of an origin."""
    authority = authority_of(origin)
    return authority.partition("]")[0] + "]" if authority.startswith("[") else authority.partition(":")[0]


def address_of(origin: str) -> tuple[str, int]:
    """(host, port), the scheme's port where none stands, or none that is one."""
    host = host_of(origin)
    port = authority_of(origin)[len(host) + 1 :]
    known = port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16
    return host.strip("[]"), int(port) if known else 443 if origin.startswith("https:") else 80


class Base:
    """Makes targets absolute: with the scheme of the recording's upstream, and the host that the client asked for."""

    def __init__(self, upstream: str) -> None:
        found = _URL.search(upstream)
        self.scheme = _PLAIN.get(found[1].lower(), found[1].lower()) if found else "http"
        self.authority = found[2] if found else ""

    def origin(self, request: Request) -> str:
        """'https://shop.example' of a request."""
        if absolute := _URL.match(request.url):
            return f"{self.scheme}://{absolute[2]}"
        authority = header(request.headers, "host") or self.authority or "unknown.invalid"
        return f"{self.scheme}://{authority}"

    def url(self, request: Request) -> str:
        """The absolute URL of a request."""
        target = request.url
        if _URL.match(target):
            return target
        return self.origin(request) + (target if target[:1] == "/" else f"/{target}")
