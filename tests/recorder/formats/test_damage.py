"""Files that were damaged anywhere: read as far as they say something, or refused in a sentence."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from foreshock.errors import ForeshockError
from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.formats import goreplay, harwrite, mitmflows
from recorder.formats.importing import Order, run_import
from recorder.formats.urls import Base

LOG = b'10.0.0.7 - - [14/Nov/2023:22:13:21 +0000] "GET /a?b HTTP/1.1" 200 512 "http://x/" "curl/8" 0.25\n' * 3
JSON_LOG = b'{"ts": 1700000001.5, "status": 200, "request": {"method": "GET", "uri": "/a", "headers": {"A": ["x"]}}}\n'


def exchange(number: int) -> Exchange:
    return Exchange(
        id=f"e{number}",
        session="s",
        connection="c",
        started_s=float(number),
        request_ended_s=number + 0.1,
        first_byte_s=number + 0.2,
        ended_s=number + 0.3,
        request=Request(
            method="POST",
            url="/a?b=c",
            http_version="HTTP/1.1",
            headers=(Header("Host", "shop.example"), Header("Content-Length", "2")),
            post_data=Content.of(b"\xff\x00"),
        ),
        response=Response(
            status=200,
            status_text="OK",
            http_version="HTTP/1.1",
            headers=(Header("Content-Type", "application/json"), Header("Content-Length", "7")),
            content=Content.of(b'{"a":1}'),
        ),
        messages=(Message(at_s=1.0, from_client=True, content=Content.of(b"hi")),),
    )


WHOLE = [exchange(number) for number in range(3)]
FILES: dict[str, Callable[[], bytes]] = {
    "har": lambda: b"".join(harwrite.write(WHOLE, Base("http://x"), 1_700_000_000.0)),
    "goreplay": lambda: b"".join(goreplay.write(WHOLE, 1_700_000_000.0)),
    "mitmproxy": lambda: b"".join(mitmflows.write(WHOLE, Base("http://x"), 1_700_000_000.0)),
    "combined": lambda: LOG,
    "jsonlog": lambda: JSON_LOG * 3,
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) or 1)
        match chance.randrange(4):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randint(1, 40)]
            case 2:
                data[at:at] = chance.choice(
                    [b"9" * 9, b'"', b"\\u", b"\r\n", b"-1", b"null", b"[", bytes(3), b"1e999", b"\xff"]
                )
            case _:
                del data[at + 1 :]
    return bytes(data)


@pytest.mark.parametrize("form", FILES)
def test_damage_anywhere_is_said_and_leaves_nothing_half_made(tmp_path: Path, form: str) -> None:
    whole, chance = FILES[form](), random.Random(form)
    for number in range(150):
        file, out = tmp_path / "file", tmp_path / f"{number}.rec"
        file.write_bytes(damaged(whole, chance))
        try:
            run_import(Order(file=file, out=out, form=form), say=lambda _: None, tell=lambda _: None)
        except ForeshockError as error:
            assert "\n" not in str(error)
            assert not out.exists()
    assert not list(tmp_path.glob(".*"))
