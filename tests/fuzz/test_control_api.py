"""Whatever is said to the control API, it answers, goes on answering, and keeps nothing."""

import asyncio
import json
import random
import socket
import struct

RESET = struct.pack("ii", 1, 0)
STATUSES = {200, 201, 204, 400, 403, 404, 405, 409, 413, 500}
METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "LINK"]
NAMES = ["a", "b", "a b", "ü", "x" * 300, "a/b", "..", "%", "\n", "\ud800"]
QUOTED = ["a", "b", "a%20b", "%C3%BC", "x" * 300, "a%2Fb", "..", "%25", "%0A", "%FF", "%", "%zz", "%00", "a+b", ""]
TYPES = ["latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data", "noop", "bogus", "", 7]
ATTRIBUTES = ["latency", "jitter", "rate", "delay", "timeout", "average_size", "size_variation", "bytes", "LATENCY", ""]
LISTENS = ["127.0.0.1:0", "localhost:0", "[::1]:0", "", "127.0.0.1:99999", "nowhere", "127.0.0.1:1:1", "x" * 64 + ":0"]
UPSTREAMS = ["127.0.0.1:1", "x", "", "[::1]:1", "a..b:80", "\u0000:80", "127.0.0.1:-1", 9]
HEADERS = ["User-Agent: Mozilla/5.0", "Expect: 100-continue", "Upgrade: h2c\r\nConnection: Upgrade", "X: " + "y" * 5000]
NUMBERS = [0, 1, -1, 5, 1.5, 1e308, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400]
GARBAGE = [b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n\r\n", b"GET", b"\x00" * 99]


def test_the_control_api_answers_whatever_it_is_told(fuzzed):
    fuzzed(act)


async def act(subject, rng: random.Random) -> None:
    await rng.choices([ask, in_pieces, pipeline, garbage, hang_up], [6, 2, 2, 1, 3])[0](subject, rng)


async def ask(subject, rng: random.Random) -> None:
    """Several requests, one after the other on one connection."""
    reader, writer = await subject.connect()
    for _ in range(rng.randrange(1, 8)):
        method = method_of(rng)
        writer.write(request(rng, method))
        assert await answered(subject, reader, method)
    writer.transport.abort()


async def in_pieces(subject, rng: random.Random) -> None:
    reader, writer = await subject.connect()
    method = method_of(rng)
    said = request(rng, method)
    while said:
        size = rng.choice([1, 2, 7, 50, 1000])
        writer.write(said[:size])
        said = said[size:]
        await asyncio.sleep(rng.choice([0, 0, 0.001]))
    assert await answered(subject, reader, method)
    writer.transport.abort()


async def pipeline(subject, rng: random.Random) -> None:
    """Many at once, whose replies are read late or never."""
    reader, writer = await subject.connect()
    methods = [method_of(rng) for _ in range(rng.choice([2, 5, 200]))]
    writer.write(b"".join(request(rng, method) for method in methods))
    await asyncio.sleep(rng.choice([0, 0.01]))
    for method in methods[: rng.choice([0, 1, 1000])]:
        assert await answered(subject, reader, method)
    writer.transport.abort()


async def garbage(subject, rng: random.Random) -> None:
    reader, writer = await subject.connect()
    said = rng.choice([*GARBAGE, rng.randbytes(rng.randrange(1, 3000)), request(rng, "GET")[1:]])
    writer.write(said)
    writer.write_eof()
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionError:
        pass
    writer.transport.abort()


async def hang_up(subject, rng: random.Random) -> None:
    """In the middle of a request, or of its answer."""
    _, writer = await subject.connect()
    said = request(rng, method_of(rng))
    writer.write(said[: rng.randrange(1, len(said) + 1)])
    await asyncio.sleep(rng.choice([0, 0, 0.001, 0.01]))
    if rng.random() < 0.5:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


async def answered(subject, reader: asyncio.StreamReader, method: str) -> bool:
    status = 100
    while status == 100:
        status, _ = await subject.reply(reader)
    return status in STATUSES


def method_of(rng: random.Random) -> str:
    return rng.choices(METHODS, [20, 20, 10, 8, 6, 0, 1, 1, 1])[0]


def request(rng: random.Random, method: str) -> bytes:
    """One that is well-formed as HTTP, but for what is in it."""
    body = body_of(rng)
    headers = [rng.choice(HEADERS)] if rng.random() < 0.15 else []
    if rng.random() < 0.2:
        headers.append("Transfer-Encoding: chunked")
        body = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n" if body else b"0\r\n\r\n"
    else:
        headers.append(f"Content-Length: {len(body)}")
    return "\r\n".join([f"{method} {path_of(rng)} HTTP/1.1", *headers, "", ""]).encode("latin-1") + body


def path_of(rng: random.Random) -> str:
    name, toxic = rng.choice(QUOTED), rng.choice(QUOTED)
    weighted = {
        "/proxies": 6,
        f"/proxies/{name}": 6,
        f"/proxies/{name}/toxics": 6,
        f"/proxies/{name}/toxics/{toxic}": 4,
        "/populate": 3,
        "/reset": 1,
        "/version": 1,
        "/lease": 2,
        f"/connections?proxy={name}&since={rng.choice(['0', 'nan', 'x', '-1e999', ''])}": 2,
        f"/receipts?proxy={name}": 2,
        rng.choice(["/", "//", "*", "/proxies/", "/proxies/a/toxics/b/c", "http://h/proxies", "/" + "z" * 9000]): 1,
    }
    return rng.choices(list(weighted), list(weighted.values()))[0]


def body_of(rng: random.Random) -> bytes:
    kinds = [proxy_of, toxic_of, lambda rng: [proxy_of(rng) for _ in range(3)], value_of, lease_of]
    text = json.dumps(rng.choices(kinds, [4, 6, 2, 1, 1])[0](rng)).encode()
    broken = [
        b"",
        text[: rng.randrange(len(text))],
        text + b"}",
        text.replace(b'"', b"\xff"),
        b"[" * 5000,
        b"\xef\xbb\xbf",
    ]
    return text if rng.random() < 0.8 else rng.choice(broken)


def proxy_of(rng: random.Random) -> dict:
    wanted = {"name": rng.choice(NAMES), "upstream": rng.choice(UPSTREAMS), "listen": rng.choice(LISTENS)}
    if rng.random() < 0.3:
        wanted["enabled"] = rng.choice([True, False, None, "x"])
    if rng.random() < 0.4:
        wanted["toxics"] = [toxic_of(rng) for _ in range(rng.randrange(3))]
    return {key.upper() if rng.random() < 0.1 else key: value for key, value in wanted.items() if rng.random() < 0.95}


def toxic_of(rng: random.Random) -> dict:
    wanted = {"type": rng.choice(TYPES), "attributes": {rng.choice(ATTRIBUTES): value_of(rng) for _ in range(2)}}
    for key, values in {
        "name": NAMES,
        "stream": ["upstream", "downstream", "UPSTREAM", "sideways", None],
        "toxicity": [0, 0.5, 1, -3, "1", 1e39],
        "ttl": [1, 30, 0, 2**40],
        "connections": [[1, 2], [0], "1", []],
    }.items():
        if rng.random() < 0.3:
            wanted[key] = rng.choice(values)
    return wanted


def lease_of(rng: random.Random) -> dict:
    return {"ttl": rng.choice([1, 20, 1000, 0, None, "1s", 2**31])}


def value_of(rng: random.Random) -> object:
    nested: object = rng.choice(NUMBERS)
    for _ in range(rng.choice([0, 0, 0, 0, 1, 60, 400])):
        nested = rng.choice([[nested], {"a": nested}])
    return rng.choice([nested, rng.choice(NUMBERS), rng.choice(NUMBERS), rng.choice(NAMES), None, True, [], {}])
