from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.order import Tls, order_of, parse_listen


@pytest.mark.parametrize("listen", ["", "8080", ":8080", "h:", "h:x", "h:65536", "h:-1"])
def test_a_listen_address_that_is_none_is_refused(listen: str) -> None:
    with pytest.raises(UsageError, match="expected HOST:PORT"):
        parse_listen(listen)


def test_ipv6_addresses_stand_in_brackets() -> None:
    assert parse_listen("[::1]:80") == ("::1", 80)
    assert order_of(upstreams=["http://a"], listens=["[::1]:80"]).listens[0].shown == "[::1]:80"


def test_the_recording_names_every_upstream_once() -> None:
    order = order_of(upstreams=["http://b", "/api=http://a:1"], listens=["h:1", "h:2=http://c", "h:3=http://b"])
    assert order.named == "http://b http://a:1 http://c"


def test_an_upstream_for_each_port_needs_no_other() -> None:
    assert order_of(listens=["h:1=http://a", "h:2=http://b"]).named == "http://a http://b"
    with pytest.raises(UsageError, match="upstream is missing"):
        order_of(listens=["h:1=http://a", "h:2"])


@pytest.mark.parametrize("mode", ["regular", "socks5", "transparent", "local", "local:curl", "upstream:http://p:1"])
def test_a_mode_in_which_clients_choose_takes_no_upstream(mode: str) -> None:
    assert order_of(mode=mode).named == mode
    with pytest.raises(UsageError, match="clients choose"):
        order_of(mode=mode, upstreams=["http://a"])


@pytest.mark.parametrize("mode", ["", "forward", "upstream", "upstream:ftp://p", "reverse:http://h"])
def test_a_mode_that_is_none_is_refused(mode: str) -> None:
    with pytest.raises(UsageError, match="expected reverse, regular"):
        order_of(mode=mode)


def test_a_certificate_without_its_key_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----")
    with pytest.raises(UsageError, match="no private key"):
        order_of(upstreams=["http://a"], tls=Tls(cert=tmp_path / "cert.pem"))
    with pytest.raises(UsageError, match="upstream_ca="):
        order_of(upstreams=["http://a"], tls=Tls(upstream_ca=tmp_path / "none.pem"))
