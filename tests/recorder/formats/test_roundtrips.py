"""Exchange to format and back: equal in all that the format holds."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TypeVar

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.formats import goreplay, harread, harwrite, mitmflows
from recorder.formats.reading import Imported, Notes, Origin
from recorder.formats.source import Source
from recorder.formats.urls import Base

WALL_S = 1_700_000_000.25
Message1 = TypeVar("Message1", Request, Response)

BASE = Base("https://shop.example")

token = st.text("abcXYZ019-_", min_size=1, max_size=8)
latin = st.text(st.characters(max_codepoint=255, exclude_categories=("Cc",)), max_size=12).map(str.strip)
header = st.builds(Header, name=token.map("X-{}".format), value=latin)
headers = st.lists(header, max_size=4).map(tuple)
body = st.one_of(
    st.binary(max_size=60), st.text(st.characters(exclude_categories=("Cs",)), max_size=30).map(str.encode)
)
unkept = st.builds(Content, size=st.integers(1, 10**9), digest=st.one_of(st.none(), st.just("ab" * 32)))
content = st.one_of(body.map(Content.of), unkept)
method = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
target = st.builds(
    "/{}?{}".format,
    latin.filter(lambda text: not set(text) & set(" #\xa0\x85")),
    st.sampled_from(["", "q=1", "q=%C3%A9&q"]),
)
status = st.sampled_from([200, 201, 301, 404, 429, 500, 503])
moment = st.integers(0, 10**9).map(lambda micros: micros / 1e6)
span = st.integers(0, 10**7)


@st.composite
def coded(draw: st.DrawFn) -> tuple[tuple[Header, ...], Content]:
    """Headers and a body that is what they say, or is not."""
    raw = draw(body)
    level = draw(st.sampled_from([None, 1, 9]))
    if level is None:
        return (Header("Content-Encoding", "gzip"),), Content.of(raw)  # a lie
    return (Header("Content-Encoding", "gzip"),), Content.of(gzip.compress(raw, level))


plain = st.tuples(headers, content)
message = st.builds(
    Message, at_s=moment, from_client=st.booleans(), binary=st.just(True), content=st.binary(max_size=9).map(Content.of)
) | st.builds(
    Message,
    at_s=moment,
    from_client=st.booleans(),
    content=st.text("aé€😀", max_size=5).map(str.encode).map(Content.of),
)


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    asked_headers, asked = draw(st.one_of(plain, coded()))
    started_us, sent_us, waited_us, received_us = draw(st.integers(0, 10**9)), draw(span), draw(span), draw(span)
    answered = draw(st.one_of(st.none(), plain, coded()))
    version = draw(st.sampled_from(["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"]))
    return Exchange(
        id=draw(token),
        session=draw(token),
        connection=draw(token),
        nth=draw(st.integers(0, 3)),
        closes=draw(st.booleans()),
        recorder=draw(st.sampled_from(["", "r1"])),
        started_s=started_us / 1e6,
        request_ended_s=(started_us + sent_us) / 1e6,
        first_byte_s=draw(st.sampled_from([None, (started_us + waited_us) / 1e6])),
        ended_s=(started_us + max(sent_us, waited_us) + received_us) / 1e6,
        request=Request(
            method=draw(method),
            url=draw(target),
            http_version=version,
            headers=asked_headers,
            post_data=asked,
            trailers=draw(headers),
        ),
        response=Response(
            status=draw(status),
            status_text=draw(latin),
            http_version=version,
            headers=answered[0],
            content=answered[1],
            trailers=draw(headers),
        )
        if answered
        else None,
        error=None if answered else draw(token),
        messages=tuple(draw(st.lists(message, max_size=3))),
        messages_left_out=draw(st.integers(0, 2)),
        goes_on=draw(st.booleans()),
    )


many = st.lists(exchanges(), max_size=3, unique_by=lambda one: one.id)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def again(module: ModuleType, pieces: Iterator[bytes]) -> list[Exchange]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(b"".join(pieces))
        with Source(path) as source:
            found = list(module.read(source, Origin(WALL_S), Notes()))
    assert all(isinstance(one, Imported) for one in found), found
    return [one.exchange for one in found]


@quick
@given(many)
def test_har_holds_all_of_an_exchange(recorded: list[Exchange]) -> None:
    assert again(harread, harwrite.write(recorded, BASE, WALL_S)) == recorded


@quick
@given(many)
def test_mitmproxy_flows_hold_all_of_an_exchange(recorded: list[Exchange]) -> None:
    assert again(mitmflows, mitmflows.write(recorded, BASE, WALL_S)) == recorded


@quick
@given(many)
def test_goreplay_holds_requests_responses_and_times_of_http_1(recorded: list[Exchange]) -> None:
    expected = [held_by_goreplay(number, one) for number, one in enumerate(recorded, 1)]
    answered = again(goreplay, goreplay.write(expected, WALL_S))
    assert sorted(answered, key=lambda one: one.id) == expected


def held_by_goreplay(number: int, one: Exchange) -> Exchange:
    """The exchange without what GoReplay has no place for, and framed as HTTP/1.1 is."""
    request = framed(one.request, "post_data", one.request.post_data)
    response = one.response and framed(one.response, "content", one.response.content)
    return Exchange(
        id=f"{number:024x}",
        session="",
        connection="",
        started_s=one.started_s,
        request_ended_s=one.request_ended_s,
        first_byte_s=(one.ended_s if one.first_byte_s is None else one.first_byte_s) if response else None,
        ended_s=one.ended_s if response else one.request_ended_s,
        request=request,
        response=response or None,
        error=None if response else goreplay.NO_RESPONSE,
    )


def framed(message: Message1, field: str, content: Content) -> Message1:
    """With a Content-Length: only chunked messages have trailers, and those have no length."""
    length = Header("Content-Length", str(content.size))
    changed = {field: Content(size=content.size, text=content.text, encoding=content.encoding)}
    version = "HTTP/1.1" if message.http_version == "HTTP/2.0" else message.http_version
    return msgspec.structs.replace(
        message, headers=(*message.headers, length), trailers=(), http_version=version, **changed
    )
