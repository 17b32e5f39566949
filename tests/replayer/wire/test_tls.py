import asyncio
import ssl
import time

import pytest

from foreshock.errors import UsageError
from replayer.engine import replay
from replayer.plan import Header
from replayer.target import Target, Tls
from replayer.wire.tls import context


async def ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
def met(listening, wire, step):
    """(server's context, ours) -> the attempt."""

    def met(server: ssl.SSLContext, tls: Tls | None):
        async def run():
            async with listening(ok, server) as url, wire(url, tls=tls) as client:
                return (await client.send(step()))[0]

        return asyncio.run(run())

    return met


def test_a_certificate_is_verified_unless_the_user_said_otherwise_in_as_many_words(met, pki):
    server = pki.server()
    assert met(server, None).error == "tls: CERTIFICATE_VERIFY_FAILED"
    assert met(server, Tls(ca_file=str(pki.ca_file))).error is None
    assert met(server, Tls(insecure=True)).error is None


def test_the_first_request_is_not_late_by_the_reading_of_certificates(listening, step, pki, monkeypatch):
    make = ssl.create_default_context

    def slowly(**more):
        time.sleep(1.0)
        return make(**more)

    monkeypatch.setattr(ssl, "create_default_context", slowly)

    async def run():
        async with listening(ok, pki.server()) as url:
            target = Target.parse(url, Tls(ca_file=str(pki.ca_file)))
            return await replay(Header(name="p"), [step()], target)

    (outcome,) = asyncio.run(run()).outcomes
    assert outcome.status == 200
    assert outcome.lateness_s < 1.0


def test_a_certificate_for_another_host_is_refused(met, pki):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki.certificate("elsewhere"))
    assert met(server, Tls(ca_file=str(pki.ca_file))).error == "tls: CERTIFICATE_VERIFY_FAILED"


def test_a_target_that_asks_for_a_certificate_gets_ours(met, pki):
    server = pki.server(clients=True)
    ours = Tls(ca_file=str(pki.ca_file), certificate_file=str(pki.certificate("client")))
    assert met(server, ours).status == 200
    without = met(server, Tls(ca_file=str(pki.ca_file)))
    assert without.status is None
    assert without.error is not None


def test_behind_a_lane_name_and_certificate_are_still_the_targets(listening, wire, step, pki):
    names: list[str | None] = []

    async def run():
        server = pki.server()
        server.sni_callback = lambda _, name, __: names.append(name)
        async with (
            listening(ok, server) as url,
            wire("https://localhost:1", tls=Tls(ca_file=str(pki.ca_file))) as client,
        ):
            lane = f"127.0.0.1:{url.rpartition(':')[2]}"
            return (await client.send(step(), lane))[0]

    assert asyncio.run(run()).status == 200
    assert names == ["localhost"]


@pytest.mark.parametrize(
    ("tls", "says"),
    [
        (Tls(ca_file="/no/such.pem"), "tls.ca=/no/such.pem: No such file or directory; expected"),
        (Tls(certificate_file="/no/such.pem"), "tls.certificate=/no/such.pem: No such file or directory; expected"),
        (Tls(key_file="k.pem"), "tls.key=k.pem: a key without tls.certificate"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tls, says):
    with pytest.raises(UsageError, match=f"^{says}"):
        context(tls, ["http/1.1"])


def test_a_file_that_holds_something_else_is_named(tmp_path):
    nonsense = tmp_path / "a.pem"
    nonsense.write_text("hello")
    for tls in (Tls(ca_file=str(nonsense)), Tls(certificate_file=str(nonsense))):
        with pytest.raises(UsageError, match=r"a\.pem: .*; expected"):
            context(tls, [])


def test_tls_without_https_is_refused_for_nothing_would_be_verified():
    with pytest.raises(UsageError, match=r"^target=http://staging\.example: tls is given"):
        Target.parse("http://staging.example", Tls())
