from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.exchange import Content, Exchange, Header, Request
from recorder.recording import Recording, RecordingWriter
from scenarios.hosts import (
    check_allowed,
    check_upstream_is_no_links,
    check_upstream_is_no_target,
    host_of_address,
    host_of_url,
    is_loopback,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_is_always_allowed(host: str) -> None:
    assert is_loopback(host)
    check_allowed(host, ())


@pytest.mark.parametrize("host", ["shop.example", "10.0.0.1", "localhost.example", "0.0.0.0", "::2"])
def test_every_other_host_has_to_be_named(host: str) -> None:
    with pytest.raises(ValueError, match="not on the allow-list"):
        check_allowed(host, ("staging.example",))
    check_allowed(host, (host.upper(),))


def test_credentials_and_ports_of_a_url_do_not_hide_its_host() -> None:
    assert host_of_url("http://127.0.0.1@shop.example:80/x") == "shop.example"
    assert host_of_url("https://[::1]:8443/") == "::1"
    assert host_of_address("[::1]:80") == "::1"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:port/", "127.0.0.1:80"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        host_of_url(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:80/x", ":80", "127.0.0.1:x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        host_of_address(address)


def test_what_was_recorded_is_no_target_unless_it_is_loopback_or_named() -> None:
    with pytest.raises(
        UsageError, match=r"target=https://shop\.example/: it is the system that was recorded; host shop"
    ):
        check_upstream_is_no_target("https://shop.example:443", "https://shop.example/", ())
    check_upstream_is_no_target("https://shop.example", "https://shop.example/", ("shop.example",))
    check_upstream_is_no_target("https://shop.example", "https://staging.example/", ())
    check_upstream_is_no_target("http://127.0.0.1:80", "http://127.0.0.1:80", ())


def test_each_of_several_systems_that_were_recorded_is_refused() -> None:
    with pytest.raises(UsageError, match=r"host b\.example"):
        check_upstream_is_no_target("http://a.example https://b.example:8443", "https://b.example/", ())
    check_upstream_is_no_target("regular", "https://staging.example/", ("staging.example",))


def test_what_was_recorded_is_behind_no_link_unless_it_is_loopback_or_named() -> None:
    told = r"links\.db\.upstream=Shop\.example\.:5432: it is the system that was recorded; host shop"
    with pytest.raises(UsageError, match=told):
        check_upstream_is_no_links("https://shop.example", "db", "Shop.example.:5432", ())
    check_upstream_is_no_links("https://shop.example", "db", "db.example:5432", ())
    check_upstream_is_no_links("https://shop.example", "db", "shop.example:5432", ("shop.example",))
    check_upstream_is_no_links("http://localhost:80", "db", "localhost:5432", ())


def test_whoever_was_recorded_by_way_of_a_forward_proxy_is_refused(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="regular") as writer:
        request = Request(
            method="GET",
            url="/",
            http_version="HTTP/1.1",
            headers=(Header("Host", "Shop.Example:8443"),),
            post_data=Content.of(b""),
        )
        exchange = Exchange(
            id="e1", session="s", connection="c", started_s=0, request_ended_s=0, ended_s=0, request=request, error="x"
        )
        writer.write(exchange, host="2001:db8::7")
    systems = Recording.open(tmp_path / "a.rec").manifest.systems
    for target in ("https://shop.example/", "http://[2001:db8::7]:80/"):
        with pytest.raises(UsageError, match="it is the system that was recorded"):
            check_upstream_is_no_target(systems, target, ())
    check_upstream_is_no_target(systems, "https://staging.example/", ())
