"""The privacy corpus: secrets of every kind, planted in every place under every encoding, from a seed.

Nothing here looks like anybody's: every value is drawn at run time.
"""

import base64
import gzip
import hashlib
import json
import random
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

import pytest

from recorder.coding import coding_of
from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.privacy.checksums import (
    chinese_digit,
    cpf_digits,
    french_key,
    iban_check,
    italian_letter,
    luhn_digit,
    spanish_letter,
)


class Secret(NamedTuple):
    """`name` is the field it is told by; '' where its look tells it under any name."""

    kind: str
    name: str
    text: str
    needles: tuple[str, ...]  # none of these may be found afterwards


class Planted(NamedTuple):
    kind: str
    place: str
    encoding: str
    needles: tuple[str, ...]
    exchange: Exchange


# Kinds


def _letters(draw: random.Random, count: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(draw.choices(alphabet, k=count))


def _digits(draw: random.Random, count: int) -> str:
    return str(draw.randint(1, 9)) + "".join(draw.choices(string.digits, k=count - 1))


_MIXED = string.ascii_letters + string.digits


def _mixed(draw: random.Random, count: int) -> str:
    return _letters(draw, count - 3, _MIXED) + "x7Q"


def _card(draw: random.Random) -> str:
    prefix, length = draw.choice(
        [("4", 16), ("53", 16), ("2291", 16), ("37", 15), ("6011", 16), ("3530", 16), ("36", 14)]
    )
    body = prefix + "".join(draw.choices(string.digits, k=length - len(prefix) - 1))
    number = body + luhn_digit(body)
    gap = draw.choice(["", " ", "-"])
    return gap.join(number[at : at + 4] for at in range(0, length, 4))


def _phone(draw: random.Random) -> str:
    return draw.choice(
        [
            f"+49 1{draw.randint(50, 79)} {_digits(draw, 7)}",
            f"+44{_digits(draw, 10)}",
            f"+1 ({draw.randint(201, 989)}) {draw.randint(200, 999)}-{_digits(draw, 4)}",
            f"({draw.randint(201, 989)}) {draw.randint(200, 999)}-{_digits(draw, 4)}",
            f"{draw.randint(201, 989)}-{draw.randint(200, 999)}-{_digits(draw, 4)}",
            f"06 {' '.join(str(draw.randint(10, 99)) for _ in range(4))}",
            f"0{draw.randint(150, 179)} {_digits(draw, 7)}",
            f"0{draw.randint(20, 89)}/{_digits(draw, 7)}",
            f"00 {draw.randint(31, 49)} {_digits(draw, 9)}".replace("00 ", "00"),
            f"090-{_digits(draw, 4)}-{_digits(draw, 4)}",
            f"+33.{_digits(draw, 9)}",
            f"+91 {draw.randint(60000, 99999)} {_digits(draw, 5)}",
        ]
    )


def _iban(draw: random.Random) -> str:
    country, account = draw.choice(
        [
            ("DE", _digits(draw, 18)),
            ("FR", _digits(draw, 23)),
            ("NL", "ABNA" + _digits(draw, 10)),
            ("GB", "NWBK" + _digits(draw, 14)),
            ("ES", _digits(draw, 20)),
            ("CH", _digits(draw, 17)),
        ]
    )
    iban = country + iban_check(country, account) + account
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)) if draw.random() < 0.5 else iban


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _vendor(draw: random.Random) -> str:
    upper = string.ascii_uppercase + string.digits
    return draw.choice(
        [
            "AKIA" + _letters(draw, 16, upper),
            "ghp_" + _mixed(draw, 36),
            "glpat-" + _mixed(draw, 20),
            "sk_live_" + _mixed(draw, 24),
            f"xoxb-{_digits(draw, 12)}-{_mixed(draw, 24)}",
            "AIza" + _mixed(draw, 35),
            "sk-proj-" + _mixed(draw, 40),
            f"SG.{_mixed(draw, 22)}.{_mixed(draw, 43)}",
            "npm_" + _mixed(draw, 36),
            "whsec_" + _mixed(draw, 32),
            "hf_" + _mixed(draw, 34),
            "dop_v1_" + _letters(draw, 64, "0123456789abcdef"),
            "shpat_" + _letters(draw, 32, "0123456789abcdef"),
            "ya29." + _mixed(draw, 60),
        ]
    )


def _pem(draw: random.Random) -> str:
    lines = [base64.b64encode(draw.randbytes(48)).decode() for _ in range(3)]
    kind = draw.choice(["RSA ", "EC ", "OPENSSH ", ""])
    return "\n".join([f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"])


def _address4(draw: random.Random) -> str:
    head = draw.choice(["10", "192.168", "172.20", str(draw.randint(20, 99)), str(draw.randint(193, 220))])
    return ".".join([head, *(str(draw.randint(2, 253)) for _ in range(3 - head.count(".")))])


def _italian(draw: random.Random) -> str:
    body = (
        _letters(draw, 6, string.ascii_uppercase)
        + f"{draw.randint(50, 99)}H{draw.randint(10, 28)}F{draw.randint(200, 999)}"
    )
    return body + italian_letter(body)


def _national(draw: random.Random) -> str:
    number, nine = _digits(draw, 8), _digits(draw, 9)
    cpf = nine + cpf_digits(nine)
    nir = f"{draw.choice('12')}{draw.randint(50, 99)}0{draw.randint(1, 9)}{draw.randint(10, 95)}{_digits(draw, 6)}"
    chinese = f"{_digits(draw, 6)}19{draw.randint(50, 99)}0{draw.randint(1, 9)}1{draw.randint(0, 9)}{_digits(draw, 3)}"
    swedish = f"{draw.randint(50, 99)}0{draw.randint(1, 9)}1{draw.randint(0, 9)}{_digits(draw, 3)}"
    return draw.choice(
        [
            f"{draw.randint(101, 650)}-{draw.randint(11, 99)}-{_digits(draw, 4)}",
            number + spanish_letter(number),
            f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}",
            _italian(draw),
            nir + french_key(nir),
            chinese + chinese_digit(chinese),
            f"{swedish[:6]}-{swedish[6:]}{luhn_digit(swedish)}",
            f"AB{_digits(draw, 6)}C",
        ]
    )


def _plain(text: str, *more: str) -> tuple[str, tuple[str, ...]]:
    digits = "".join(filter(str.isdigit, text))
    bare = "".join(filter(str.isalnum, text))
    return text, (text, *more, *([digits] if len(digits) >= 9 else []), *([bare] if len(bare) >= 9 else []))


def _jwt(draw: random.Random) -> tuple[str, tuple[str, ...]]:
    mail, subject = f"{_letters(draw, 9)}@{_letters(draw, 7)}.example", _mixed(draw, 14)
    claims = _part({"sub": subject, "email": mail, "iat": 1714560000, "roles": ["admin"]})
    signature = base64.urlsafe_b64encode(draw.randbytes(32)).decode().rstrip("=")
    return f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}", (mail, subject, claims, signature)


def _basic(draw: random.Random) -> tuple[str, tuple[str, ...]]:
    user, password = _letters(draw, 9), _mixed(draw, 12)
    packed = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"Basic {packed}", (packed, password)


def _bearer(draw: random.Random) -> tuple[str, tuple[str, ...]]:
    token = _mixed(draw, 32)
    return f"Bearer {token}", (token,)


def _lines(text: str) -> tuple[str, tuple[str, ...]]:
    return text, tuple(line for line in text.split("\n") if not line.startswith("-"))


Make = Callable[[random.Random], tuple[str, tuple[str, ...]]]
KINDS: dict[str, tuple[str, Make]] = {  # name of the field that tells it, or ''; how to draw one
    "e-mail": (
        "",
        lambda draw: _plain(
            f"{_letters(draw, 6)}.{_letters(draw, 5)}@{_letters(draw, 8)}.{draw.choice(['com', 'co.uk', 'de'])}"
        ),
    ),
    "phone": ("", lambda draw: _plain(_phone(draw))),
    "card": ("", lambda draw: _plain(_card(draw))),
    "iban": ("", lambda draw: _plain(_iban(draw))),
    "jwt": ("", _jwt),
    "bearer": ("", _bearer),
    "basic": ("", _basic),
    "vendor key": ("", lambda draw: _plain(_vendor(draw))),
    "private key": ("", lambda draw: _lines(_pem(draw))),
    "express session": ("", lambda draw: _plain(f"s:{_mixed(draw, 32)}.{_mixed(draw, 43)}")),
    "ipv4": ("", lambda draw: (lambda text: (text, (text,)))(_address4(draw))),
    "ipv6": (
        "",
        lambda draw: _plain(
            f"2a02:{draw.randint(1000, 9999)}:{_letters(draw, 4, '123456789abcdef')}::{draw.randint(1000, 9999)}"
        ),
    ),
    "national id": ("", lambda draw: _plain(_national(draw))),
    "password": ("password", lambda draw: _plain(_letters(draw, 8) + "!7" + _letters(draw, 3))),
    "secret": ("client_secret", lambda draw: _plain(_mixed(draw, 24))),
    "token": ("accessToken", lambda draw: _plain(_letters(draw, 40, "0123456789abcdef") + "ab")),
    "session id": ("sessionId", lambda draw: _plain(_mixed(draw, 26))),
    "api key": ("api-key", lambda draw: _plain(_mixed(draw, 30))),
    "phone by name": ("phone", lambda draw: _plain(_digits(draw, 11))),
    "first name": ("first_name", lambda draw: _plain(_letters(draw, 12).title())),
    "full name": ("fullName", lambda draw: _plain(f"{_letters(draw, 8).title()} {_letters(draw, 9).title()}")),
    "address": ("street", lambda draw: _plain(f"{_letters(draw, 9).title()} Lane {draw.randint(10, 99)}")),
    "birth date": (
        "date_of_birth",
        lambda draw: _plain(f"19{draw.randint(50, 99)}-0{draw.randint(1, 9)}-{draw.randint(13, 28)}"),
    ),
    "social security": ("ssn", lambda draw: _plain(_digits(draw, 9))),
}


# Encodings: of the secret's text, or of what stands around it


def _json_string(text: str) -> str:
    return json.dumps({"about": {"note": text}})


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON in a string": _json_string,
    "JSON in JSON in a string": lambda text: json.dumps([_json_string(text)]),
    "base64 of JSON": lambda text: base64.b64encode(_json_string(text).encode()).decode(),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(_json_string(text).encode(), mtime=0)).decode(),
    "amid words": lambda text: f"see {text} there",
    "in a link": lambda text: f"https://shop.example/go?ref=9&to={quote(text, safe='')}",
}
CODINGS = ("", "gzip", "br", "zstd", "deflate")


def _named_json(name: str, text: str) -> str:
    return json.dumps({"id": 7, name: text, "ok": True})


# Places: the exchange that has the name and the text there; `coding` compresses what bodies can be compressed


def _exchange(
    *,
    url: str = "/things/7",
    headers: tuple[tuple[str, str], ...] = (),
    body: tuple[str, bytes] = ("", b""),
    answer_headers: tuple[tuple[str, str], ...] = (),
    answer: tuple[str, bytes] = ("", b""),
    coding: str = "",
    error: str | None = None,
    messages: tuple[Message, ...] = (),
    trailers: tuple[Header, ...] = (),
) -> Exchange:
    def one_way(more: tuple[tuple[str, str], ...], body: tuple[str, bytes]) -> tuple[tuple[Header, ...], Content]:
        packed = coding_of(coding).encode(body[1]) if body[1] else b""
        about = (("Content-Type", body[0]), ("Content-Encoding", coding)) if body[1] else ()
        length = (("Content-Length", str(len(packed))),) if packed else ()
        pairs = (*more, *((name, value) for name, value in about if value), *length)
        return tuple(Header(*pair) for pair in pairs), Content.of(packed)

    request_headers, post_data = one_way((("Host", "shop.example"), *headers), body)
    response_headers, content = one_way(answer_headers, answer)
    request = Request(
        method="POST", url=url, http_version="HTTP/1.1", headers=request_headers, post_data=post_data, trailers=trailers
    )
    response = Response(
        status=200, status_text="OK", http_version="HTTP/1.1", headers=response_headers, content=content
    )
    times = {"started_s": 0.0, "request_ended_s": 0.0, "ended_s": 1.0}
    return Exchange(
        id="e1",
        session="s",
        connection="c",
        **times,
        request=request,
        response=None if error else response,
        error=error,
        messages=messages,
    )  # type: ignore[arg-type]


def _multipart(head: str, content: bytes) -> tuple[str, bytes]:
    raw = (
        b'--B7\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B7\r\n'
        + head.encode()
        + b"\r\n\r\n"
        + content
        + b"\r\n--B7--\r\n"
    )
    return "multipart/form-data; boundary=B7", raw


def _message(text: str) -> tuple[Message, ...]:
    return (Message(at_s=0.5, from_client=True, content=Content.of(text.encode())),)


_JSON = "application/json"
Place = Callable[[str, str, str], Exchange]
BODIES: dict[str, Place] = {
    "JSON field": lambda name, text, coding: _exchange(body=(_JSON, _named_json(name, text).encode()), coding=coding),
    "JSON deep": lambda name, text, coding: _exchange(
        answer=(_JSON, json.dumps({"a": [{"b": [1, {name: text}]}, None]}).encode()), coding=coding
    ),
    "JSON lines": lambda name, text, coding: _exchange(
        answer=("application/x-ndjson", f'{{"a": 1}}\n{_named_json(name, text)}\n'.encode()), coding=coding
    ),
    "JSON cut off": lambda name, text, coding: _exchange(
        answer=(_JSON, _named_json(name, text).encode()[:-12]), coding=coding
    ),
    "form": lambda name, text, coding: _exchange(
        body=("application/x-www-form-urlencoded", f"a=1&{name}={quote(text, safe='')}".encode()), coding=coding
    ),
    "multipart field": lambda name, text, coding: _exchange(
        body=_multipart(f'Content-Disposition: form-data; name="{name}"', text.encode()), coding=coding
    ),
    "multipart file": lambda name, text, coding: _exchange(
        body=_multipart(
            'Content-Disposition: form-data; name="f"; filename="a.json"\r\nContent-Type: application/json',
            _named_json(name, text).encode(),
        ),
        coding=coding,
    ),
    "GraphQL variables": lambda name, text, coding: _exchange(
        body=(
            _JSON,
            json.dumps({"query": "mutation($v: In!) { add(v: $v) { id } }", "variables": {"v": {name: text}}}).encode(),
        ),
        coding=coding,
    ),
    "GraphQL literal": lambda name, text, coding: _exchange(
        body=(
            _JSON,
            json.dumps(
                {"query": f"mutation {{ add(v: {{{name.replace('-', '_')}: {json.dumps(text)}, n: 1}}) {{ id }} }}"}
            ).encode(),
        ),
        coding=coding,
    ),
    "GraphQL document": lambda name, text, coding: _exchange(
        body=(
            "application/graphql",
            f"mutation {{ add({name.replace('-', '_')}: {json.dumps(text)}) {{ id }} }}".encode(),
        ),
        coding=coding,
    ),
    "XML": lambda name, text, coding: _exchange(
        answer=("application/xml", f"<a><b>1</b><{name}>{text}</{name}></a>".encode()), coding=coding
    ),
    "events": lambda name, text, coding: _exchange(
        answer=("text/event-stream", f"event: x\ndata: {_named_json(name, text)}\n\n".encode()), coding=coding
    ),
    "text": lambda name, text, coding: _exchange(
        answer=("text/plain", f'12:30 INFO asked with {name}="{text}"; took 3 ms\n'.encode()), coding=coding
    ),
    "no type": lambda name, text, coding: _exchange(answer=("", _named_json(name, text).encode()), coding=coding),
}
OTHERS: dict[str, Place] = {
    "header": lambda name, text, _: _exchange(headers=((f"X-{name}", text.replace("\n", " ")),)),
    "cookie": lambda name, text, _: _exchange(headers=(("Cookie", f"lang=en; {name}={quote(text, safe='')}"),)),
    "set-cookie": lambda name, text, _: _exchange(
        answer_headers=(("Set-Cookie", f"{name}={quote(text, safe='')}; Path=/"),)
    ),
    "query": lambda name, text, _: _exchange(url=f"/things?page=2&{name}={quote(text, safe='')}"),
    "Referer": lambda name, text, _: _exchange(
        headers=(("Referer", f"https://shop.example/p?{name}={quote(text, safe='')}"),)
    ),
    "Location": lambda name, text, _: _exchange(
        answer_headers=(("Location", f"https://shop.example/cb#{name}={quote(text, safe='')}&x=1"),)
    ),
    "link in JSON": lambda name, text, _: _exchange(
        answer=(_JSON, json.dumps({"next": f"/p?after=3&{name}={quote(text, safe='')}"}).encode())
    ),
    "message of JSON": lambda name, text, _: _exchange(messages=_message(_named_json(name, text))),
    "trailer": lambda name, text, _: _exchange(trailers=(Header(f"X-{name}", text.replace("\n", " ")),)),
    "error": lambda name, text, _: _exchange(error=f'refused: {name}="{text}"'),
}
NAMELESS: dict[str, Place] = {  # where no name tells it
    "path": lambda _, text, __: _exchange(url=f"/things/{quote(text, safe='')}/parts"),
    "JSON name": lambda _, text, __: _exchange(answer=(_JSON, json.dumps({text: 1}).encode())),
    "JSON array": lambda _, text, __: _exchange(answer=(_JSON, json.dumps(["a", text]).encode())),
    "message of text": lambda _, text, __: _exchange(messages=_message(text)),
    "text alone": lambda _, text, __: _exchange(answer=("text/plain", text.encode())),
    "CSV file": lambda _, text, __: _exchange(
        body=_multipart(
            'Content-Disposition: form-data; name="f"; filename="a.csv"\r\nContent-Type: text/csv',
            f"id,who\n1,{text}\n".encode(),
        )
    ),
    "HTML": lambda _, text, __: _exchange(
        answer=("text/html", f"<html><body><p>Hello,\n{text}</p></body></html>".encode())
    ),
    "protobuf": lambda _, text, __: _exchange(
        answer=("application/x-protobuf", b"\x0a\xff\x00\x81" + text.encode() + b"\x12\x80")
    ),
}
# Where an encoding cannot stand: what it would be there is not what anybody sends.
_UNFIT = {("CSV file", "JSON"), ("HTML", "JSON"), ("XML", "JSON"), ("protobuf", "JSON"), ("GraphQL document", "JSON")}


def _combinations() -> Iterator[tuple[str, str, str, str]]:
    """(kind, place, encoding, coding): every encoding in every place, and every compression of every body."""
    for kind, (name, _) in KINDS.items():
        places = {**BODIES, **OTHERS, **({} if name else NAMELESS)}
        for place in places:
            for encoding in ENCODINGS if not name else ("plain",):
                if not any(place == unfit and encoding.startswith(what) for unfit, what in _UNFIT):
                    yield kind, place, encoding, ""
            if place in BODIES:
                yield from ((kind, place, "plain", coding) for coding in CODINGS[1:])


def plant(seed: int, count: int | None = None) -> list[Planted]:
    """`count` secrets planted, evenly over all combinations; all of them if None."""
    draw = random.Random(seed)
    combinations = list(_combinations())
    if count is not None:
        combinations = draw.sample(combinations, count)
    return [_planted(draw, *combination) for combination in combinations]


def _planted(draw: random.Random, kind: str, place: str, encoding: str, coding: str) -> Planted:
    name, make = KINDS[kind]
    text, needles = make(draw)
    put = {**BODIES, **OTHERS, **NAMELESS}[place]
    exchange = put(name or draw.choice(["note", "ref", "value", "data"]), ENCODINGS[encoding](text), coding)
    return Planted(kind, place, coding or encoding, needles, exchange)


@pytest.fixture(name="plant")
def _plant() -> Callable[..., list[Planted]]:
    return plant


@pytest.fixture
def key() -> bytes:
    return hashlib.sha256(b"a key for tests").digest()
