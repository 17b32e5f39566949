"""What is nobody's secret stays as it is: ids, times, versions, prices, digests, addresses of the system itself."""

import json
import random
import string
import uuid
from collections.abc import Callable, Iterator

from recorder.redact import Redactor

_HEX = "0123456789abcdef"


def _ulid(draw: random.Random) -> str:
    return "01" + "".join(draw.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=24))


def _words(draw: random.Random) -> str:
    return " ".join(
        "".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 9))) for _ in range(draw.randint(1, 8))
    )


def _clock(draw: random.Random) -> str:
    return f"{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:{draw.randint(0, 59):02}"


def _day(draw: random.Random) -> str:
    return f"20{draw.randint(10, 30)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"


BENIGN: dict[str, Callable[[random.Random], object]] = {
    "uuid": lambda draw: str(uuid.UUID(int=draw.getrandbits(128), version=4)),
    "ulid": _ulid,
    "object id": lambda draw: "".join(draw.choices(_HEX, k=24)),
    "snowflake": lambda draw: draw.randint(10**17, 2 * 10**18),
    "snowflake text": lambda draw: str(draw.randint(10**17, 2 * 10**18)),
    "integer id": lambda draw: draw.randint(1, 10**10),
    "order number": lambda draw: f"ORD-{draw.randint(10**5, 10**9)}",
    "invoice": lambda draw: f"2026-{draw.randint(1, 99999):05}",
    "sku": lambda draw: (
        f"{''.join(draw.choices(string.ascii_uppercase, k=3))}-{draw.randint(100, 9999)}-{draw.choice('SML')}"
    ),
    "ean": lambda draw: "".join(draw.choices(string.digits, k=13)),
    "16 digits": lambda draw: draw.randint(10**15, 10**16),
    "seconds": lambda draw: draw.randint(1_500_000_000, 1_900_000_000),
    "milliseconds": lambda draw: draw.randint(1_500_000_000_000, 1_900_000_000_000),
    "nanoseconds": lambda draw: draw.randint(15 * 10**17, 19 * 10**17),
    "float seconds": lambda draw: round(draw.uniform(1.5e9, 1.9e9), 6),
    "date": _day,
    "time": lambda draw: f"{_day(draw)}T{_clock(draw)}.{draw.randint(0, 999):03}Z",
    "time with offset": lambda draw: f"{_day(draw)}T{_clock(draw)}+0{draw.randint(0, 9)}:00",
    "http date": lambda draw: f"Mon, {draw.randint(1, 28):02} May 2026 {_clock(draw)} GMT",
    "compact time": lambda draw: f"{_day(draw)}T{_clock(draw)}".replace("-", "").replace(":", "").replace("T", ""),
    "version": lambda draw: ".".join(str(draw.randint(0, 40)) for _ in range(3)),
    "build": lambda draw: (
        f"v{draw.randint(1, 9)}.{draw.randint(0, 99)}.{draw.randint(0, 9999)}-rc.{draw.randint(1, 9)}"
    ),
    "price": lambda draw: round(draw.uniform(0.5, 99999), 2),
    "price text": lambda draw: f"{draw.randint(1, 999)},{draw.randint(100, 999)}.{draw.randint(10, 99)}",
    "sha256": lambda draw: "".join(draw.choices(_HEX, k=64)),
    "git": lambda draw: "".join(draw.choices(_HEX, k=7)),
    "asset": lambda draw: f"/static/app.{''.join(draw.choices(_HEX, k=20))}.js",
    "asset at 2x": lambda draw: f"/img/{_words(draw).split()[0]}@2x.png",
    "etag": lambda draw: f'W/"{"".join(draw.choices(_HEX, k=16))}"',
    "random id": lambda draw: "".join(draw.choices(string.ascii_letters + string.digits, k=21)),
    "product": lambda draw: f"{_words(draw).title()} {draw.randint(2, 900)} {draw.choice(['cm', 'ml', 'W', 'GB'])}",
    "sentence": lambda draw: (
        f"{_words(draw).capitalize()}, {_words(draw)}: {draw.randint(1, 99)} of {draw.randint(1, 999)}."
    ),
    "user agent": lambda draw: (
        f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{draw.randint(90, 140)}.0.{draw.randint(1000, 9999)}.0"
    ),
    "place": lambda draw: f"{draw.uniform(-90, 90):.6f},{draw.uniform(-180, 180):.6f}",
    "size": lambda draw: f"{draw.randint(100, 9999)}x{draw.randint(100, 9999)}",
    "slug": lambda draw: _words(draw).replace(" ", "-"),
    "mac": lambda draw: ":".join("".join(draw.choices(_HEX, k=2)) for _ in range(6)),
    "loopback": lambda draw: f"http://127.0.0.1:{draw.randint(1024, 65535)}/{_words(draw).split()[0]}",
    "isbn": lambda draw: (
        f"978-{draw.randint(0, 9)}-{draw.randint(10, 99)}-{draw.randint(100000, 999999)}-{draw.randint(0, 9)}"
    ),
    "amount in cents": lambda draw: draw.randint(1, 10**8),
    "cursor": lambda draw: json.dumps([draw.randint(1, 10**9), _day(draw)]),
}
NAMES = ("id", "ref", "value", "created_at", "name", "code", "label", "title", "sku", "next")
EACH = 300


def _values(seed: int) -> Iterator[tuple[str, object]]:
    draw = random.Random(seed)
    for kind, make in BENIGN.items():
        for _ in range(EACH):
            yield kind, make(draw)


def test_of_what_is_benign_under_one_in_two_hundred_is_taken_for_private() -> None:
    """Sixteen random digits are a card number by prefix and check digit once in 35: that is what cards are told by."""
    redactor, draw = Redactor(b"key"), random.Random(7)
    wrong = []
    for kind, value in _values(11):
        text = json.dumps({draw.choice(NAMES): value})
        if redactor.json(text) != text:
            wrong.append(kind)
    rates = {kind: wrong.count(kind) / EACH for kind in sorted(set(wrong))}
    total = len(wrong) / (EACH * len(BENIGN))
    assert total < 0.005, rates
    assert all(rate < 0.1 for rate in rates.values()), rates


def test_what_is_benign_stays_in_paths_and_queries_too() -> None:
    redactor = Redactor(b"key")
    wrong = [
        (kind, value)
        for kind, value in _values(12)
        if isinstance(value, str | int) and not set(str(value)) & set('/?&#% +"[')
        for target in (f"/things/{value}/parts?ref={value}",)
        if redactor.target(target) != target
    ]
    assert len(wrong) < 0.005 * EACH * len(BENIGN), wrong[:20]
