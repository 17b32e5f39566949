"""Never production: which hosts may be sent traffic. Loopback always, others only if `allow` names them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from foreshock.errors import UsageError


def host_of_url(url: str) -> str:
    """The host of an http(s) URL, in lower case, IPv6 without brackets. Raises ValueError saying what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError("expected a URL that starts with http:// or https://")
    if not parts.hostname:
        raise ValueError("the URL has no host")
    _ = parts.port  # raises ValueError where it is none
    return parts.hostname


def host_of_address(address: str) -> str:
    """The host of 'host:port', IPv6 as '[::1]:80'. Raises ValueError saying what is wrong."""
    parts = urlsplit(f"//{address}")
    if not parts.hostname or parts.port is None or parts.path or parts.query:
        raise ValueError("expected an address such as '127.0.0.1:8080'")
    return parts.hostname


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_allowed(host: str, allow: Collection[str]) -> None:
    """Raises ValueError, with the mend, if `host` may not be sent traffic."""
    if not is_loopback(host) and host.lower() not in {each.lower() for each in allow}:
        listed = ", ".join(allow) or "nothing"
        raise ValueError(
            f"host {host} is not on the allow-list (loopback and: {listed}); if it may be, add it to 'allow'"
        )


def check_upstream_is_no_target(upstream: str, target: str, allow: Collection[str]) -> None:
    """Raises UsageError if `target` is a host that was recorded (`upstream`, URLs), and not allowed by name."""
    _check_is_not_recorded(upstream, host_of_url(target), f"target={target}", allow)


def check_upstream_is_no_links(upstream: str, name: str, address: str, allow: Collection[str]) -> None:
    """The same of what a link leads to: a fault there would be production's."""
    _check_is_not_recorded(upstream, host_of_address(address), f"links.{name}.upstream={address}", allow)


def _check_is_not_recorded(upstream: str, host: str, where: str, allow: Collection[str]) -> None:
    if _same_name(host) not in {_same_name(recorded) for recorded in _hosts_of(upstream)}:
        return
    try:
        check_allowed(host, allow)
    except ValueError as error:
        raise UsageError(f"{where}: it is the system that was recorded; {error}") from error


def _hosts_of(upstream: str) -> Iterator[str]:
    """Of the URLs in a manifest's `upstream`, with blanks between; a mode in which clients choose names none."""
    return (host_of_url(url) for url in re.findall(r"https?://\S+", upstream))


def _same_name(host: str) -> str:
    """In lower case, without the dot that may end a full name."""
    return host.lower().removesuffix(".")
