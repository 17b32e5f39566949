"""What holds for any bytes at all."""

import json
import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder.exchange import Content, Exchange, Header, Message, Request, Response, header
from recorder.policy import Policy
from recorder.pseudonym import Pseudonyms, is_pseudonym
from recorder.redact import Redactor

FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TYPES = (
    "",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=B",
    "text/plain",
    "text/html",
    "application/graphql",
    "text/event-stream",
    "application/octet-stream",
    "text/javascript",
)
PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        '"',
        "\\",
        ":",
        ",",
        "\\u00",
        "%40",
        "%",
        "=",
        "&",
        "@",
        "a@b.org",
        "password",
        "--B\r\n",
        "eyJ",
        "Basic ",
        "Bearer ",
        "://",
        "+49 170 1234567",
        "4111111111111111",
        "\\ud800",
        "\ud800",
        "é",
        "\n",
        "</a>",
        "<a>",
        "s:",
        "-----BEGIN ",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join)
BYTES = st.binary(max_size=60) | TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
LATIN = st.text(st.characters(max_codepoint=255), max_size=20) | TEXTS.map(
    lambda text: text.encode("utf-8", "surrogatepass").decode("latin-1")
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Authorization", "Cookie", "Set-Cookie", "X-A", "Location", "Link", "Host", "Content-Encoding"]
        ),
        LATIN | st.sampled_from(["gzip", "br", "zstd", "deflate"]),
    ),
    max_size=4,
)


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    def one_way() -> tuple[tuple[Header, ...], Content]:
        body = draw(BYTES)
        pairs = [*draw(HEADERS), ("Content-Type", draw(st.sampled_from(TYPES))), ("Content-Length", str(len(body)))]
        return tuple(Header(*pair) for pair in pairs), Content.of(body)

    request_headers, post_data = one_way()
    response_headers, content = one_way()
    return Exchange(
        id="e1",
        session="",
        connection="c",
        started_s=0,
        request_ended_s=0,
        ended_s=1,
        error=draw(st.none() | LATIN),
        messages=tuple(
            Message(at_s=0, from_client=True, content=Content.of(body)) for body in draw(st.lists(BYTES, max_size=2))
        ),
        request=Request(
            method="POST", url=draw(LATIN), http_version="HTTP/1.1", headers=request_headers, post_data=post_data
        ),
        response=Response(
            status=200, status_text="", http_version="HTTP/1.1", headers=response_headers, content=content
        ),
    )


@FAST
@given(exchanges(), st.booleans())
def test_nothing_that_can_cross_the_wire_ends_the_redactor_and_lengths_stay_right(
    exchange: Exchange, strict: bool
) -> None:
    once = Redactor(b"key", Policy(strict=strict)).exchange(exchange)
    twice = Redactor(b"key", Policy(strict=strict)).exchange(once)
    for redacted in (once, twice):
        assert redacted.response is not None
        for headers, content in (
            (redacted.request.headers, redacted.request.post_data),
            (redacted.response.headers, redacted.response.content),
        ):
            assert header(headers, "content-length") == str(content.size)
            assert not content.text or len(content.raw) == content.size


@FAST
@given(exchanges())
def test_redaction_depends_on_key_and_exchange_alone(exchange: Exchange) -> None:
    assert Redactor(b"key").exchange(exchange) == Redactor(b"key").exchange(exchange)


WORDS = st.text(string.ascii_lowercase + " é", max_size=12).filter(lambda text: "password" not in text)
VALUES = st.recursive(
    WORDS | st.integers(0, 10**9) | st.booleans() | st.none() | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=3),
    max_leaves=8,
)


@FAST
@given(VALUES, VALUES, st.integers(0, 3), st.text(string.ascii_letters + string.digits, min_size=1, max_size=20))
def test_json_outside_the_redacted_places_stays_byte_for_byte(
    before: object, after: object, indent: int, secret: str
) -> None:
    redactor = Redactor(b"key")
    left, right = (json.dumps(part, indent=indent or None) for part in (before, after))
    raw = f'{{ "x":{left},\n"password" :"{secret}", "y": [{right} ]}} '
    assert redactor.json(raw) == raw.replace(f'"{secret}", "y"', f'"{Pseudonyms(b"key").of(secret)}", "y"')


@FAST
@given(st.text(st.characters(max_codepoint=0x2FFF), min_size=1, max_size=30))
def test_a_stand_in_is_known_as_one_and_its_own_stand_in_is_another_that_is_as_constant(value: str) -> None:
    pseudonyms = Pseudonyms(b"key")
    stand_in = pseudonyms.of(value)
    assert stand_in == Pseudonyms(b"key").of(value)
    assert is_pseudonym(stand_in)
    assert pseudonyms.of(stand_in) == Pseudonyms(b"key").of(stand_in)


@FAST
@given(
    st.lists(st.sampled_from(["ada@example.org", "+49 170 1234567", "tok-1234567890ab", "x"]), min_size=2, max_size=5)
)
def test_joins_survive_redacting_once_and_twice(values: list[str]) -> None:
    raw = json.dumps([{"token": value, "note": value} for value in values])
    once = Redactor(b"key").json(raw)
    twice = Redactor(b"key").json(once)
    for redacted in (once, twice):
        tokens = [item["token"] for item in json.loads(redacted)]
        assert [tokens.index(token) for token in tokens] == [values.index(value) for value in values]
