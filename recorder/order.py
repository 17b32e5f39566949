"""What is to be recorded, and how: the options of `foreshock record`, checked."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from foreshock.errors import UsageError
from recorder.upstreams import Upstream, Upstreams, parse_upstreams

REVERSE = "reverse"

_FORWARD = re.compile(r"regular|socks5|transparent|local(:.+)?|upstream:https?://[^/@\s]+/?")


class Listen(NamedTuple):
    """Where clients connect. `upstream` is where all that comes here goes; None: the order's upstreams say."""

    host: str
    port: int
    upstream: Upstream | None = None

    @property
    def shown(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Tls(NamedTuple):
    """Files are PEM. `ca_folder` holds mitmproxy's own CA, which makes certificates for what clients ask for."""

    cert: Path | None = None  # served to clients: key and chain
    ca_folder: Path | None = None
    client_certs: Path | None = None  # shown to upstreams: a file, or a folder of HOST.pem
    upstream_ca: Path | None = None
    insecure: bool = False  # certificates of upstreams are not checked
    ask_clients: bool = False  # for a certificate: it tells sessions apart, and is not checked


class Order(NamedTuple):
    mode: str  # 'reverse', or one of mitmproxy's in which clients choose: regular, socks5, transparent, local, upstream
    listens: Sequence[Listen]  # none in mode local, which takes traffic from processes here
    upstreams: Upstreams | None = None  # None where clients choose, or each listen address has its own
    tls: Tls = Tls()
    body_cap_bytes: int = 4 << 20
    drain_s: float = 10.0
    proxy_protocol: bool = False  # each connection begins with it, and so do ours to upstreams

    @property
    def reached(self) -> Sequence[Upstream]:
        """The upstreams that must be there before recording begins; none where clients choose."""
        return [*(self.upstreams or ()), *(one.upstream for one in self.listens if one.upstream)]

    @property
    def named(self) -> str:
        """Every upstream's URL, with a blank between; where clients choose, the mode."""
        return " ".join(dict.fromkeys(one.url for one in self.reached)) or self.mode


def order_of(
    *,
    mode: str = REVERSE,
    upstreams: Sequence[str] = (),
    listens: Sequence[str] = (),
    tls: Tls = Tls(),  # noqa: B008 (frozen)
    body_cap_bytes: int = 4 << 20,
    drain_s: float = 10.0,
    proxy_protocol: bool = False,
) -> Order:
    """UsageError unless the options go together and the files are there."""
    parsed = [_parse_listen(text) for text in listens or ("127.0.0.1:8080",)]
    parsed = [] if mode.startswith("local") else parsed
    if mode == REVERSE:
        order = _reverse(parsed, upstreams, tls, body_cap_bytes, drain_s)
        return order._replace(proxy_protocol=proxy_protocol)
    if not _FORWARD.fullmatch(mode):
        raise UsageError(
            f"mode={mode!r}: expected reverse, regular, socks5, transparent, local[:PROCESS] or upstream:URL"
        )
    if proxy_protocol:
        raise UsageError(f"mode={mode}: load balancers stand before --mode reverse; leave --proxy-protocol to it")
    if upstreams or any("=" in text for text in listens):
        raise UsageError(f"mode={mode}: clients choose their upstreams here; leave --upstream to --mode reverse")
    _check_files(tls)
    tls = tls._replace(ca_folder=tls.ca_folder or Path.home() / ".mitmproxy")  # where mitmproxy has it, trusted perhaps
    return Order(mode, parsed, None, tls, body_cap_bytes, drain_s)


def _reverse(
    listens: Sequence[Listen], upstreams: Sequence[str], tls: Tls, body_cap_bytes: int, drain_s: float
) -> Order:
    if not upstreams and not all(one.upstream for one in listens):
        raise UsageError("upstream is missing: name the system that is recorded, --upstream http://HOST[:PORT]")
    _check_files(tls)
    parsed = parse_upstreams(upstreams) if upstreams else None
    return Order(REVERSE, listens, parsed, tls, body_cap_bytes, drain_s)


def _check_files(tls: Tls) -> None:
    for name, path in (("cert", tls.cert), ("client_certs", tls.client_certs), ("upstream_ca", tls.upstream_ca)):
        if path is not None and not path.exists():
            raise UsageError(f"{name}={path} is not there; it is a PEM file")
    if tls.cert is not None and b"PRIVATE KEY" not in tls.cert.read_bytes():
        raise UsageError(f"cert={tls.cert} has no private key: it holds key and chain, in PEM (cat key.pem chain.pem)")


def _parse_listen(text: str) -> Listen:
    address, mark, url = text.partition("=")
    host, port = parse_listen(address)
    return Listen(host, port, parse_upstreams([url]).default if mark else None)


def parse_listen(listen: str) -> tuple[str, int]:
    """(host, port). UsageError unless it is HOST:PORT; IPv6 in brackets."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise UsageError(f"listen={listen!r}: expected HOST:PORT such as 127.0.0.1:8080; port 0 takes any free one")
    return host, int(port)
