import pytest

from recorder.exchange import Content, Header, Request
from recorder.formats.urls import Base, address_of, host_of, parted


@pytest.mark.parametrize(("url", "parts"), [
    ("https://Shop.Example:8443/a/b?c=d#e", ("https://shop.example:8443", "/a/b?c=d")),
    ("http://user:word@x", ("http://x", "/")),
    ("wss://x/chat", ("https://x", "/chat")),
    ("http://x?q", ("http://x", "/?q")),
    ("/a?b#c", ("", "/a?b")),
    ("about:blank", ("", "about:blank")),
])  # fmt: skip
def test_a_url_has_an_origin_and_a_target(url: str, parts: tuple[str, str]) -> None:
    assert parted(url) == parts


def test_a_host_is_the_name_alone() -> None:
    assert [host_of(origin) for origin in ("http://a:80", "https://[::1]:443", "http://b", "")] == [
        "a",
        "[::1]",
        "b",
        "",
    ]


def test_an_address_has_a_port_whatever_a_client_wrote_into_host() -> None:
    origins = ("http://a:81", "https://a", "http://[::1]:1", "http://a:x", "https://a:99999", "http://", "http://[")
    assert [address_of(origin) for origin in origins] == [
        ("a", 81), ("a", 443), ("::1", 1), ("a", 80), ("a", 443), ("", 80), ("", 80),
    ]  # fmt: skip


def request(url: str, *headers: Header) -> Request:
    return Request(method="GET", url=url, http_version="HTTP/1.1", headers=headers, post_data=Content(size=0))


def test_a_target_becomes_absolute_with_the_clients_host_or_the_upstreams() -> None:
    base = Base("reverse:https://up.example:8443")
    assert base.url(request("/a", Header("host", "x:1"))) == "https://x:1/a"
    assert base.url(request("/a")) == "https://up.example:8443/a"
    assert base.url(request("*")) == "https://up.example:8443/*"
    assert base.url(request("http://other/a")) == "http://other/a"
    assert Base("regular").url(request("/a")) == "http://unknown.invalid/a"
