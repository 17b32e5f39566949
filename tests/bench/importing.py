"""Imports of generated files: exchanges per second of one core, read alone and made into a recording.

Each figure is of the same 20,000 JSON exchanges (half of them with a body asked and a token) in another format. "read"
is the format's own work; "imported" is all of it: redaction, naming of sessions, JSON and zstd too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.formats import goreplay, harwrite, mitmflows
from recorder.formats.importing import Order, run_import
from recorder.formats.reading import Notes, Origin
from recorder.formats.source import Source
from recorder.formats.urls import Base
from recorder.redact import Redactor
from recorder.session import Sessions

EXCHANGES = 20_000
ROUNDS = 3
WALL_S = 1_700_000_000.0
_READERS = {"har": "harread", "goreplay": "goreplay", "mitmproxy": "mitmflows", "combined": "accesslog"}


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    files = _files(folder)
    figures = []
    for form, file in files.items():
        read = [_per_second(lambda file=file, form=form: _read(file, form)) for _ in range(ROUNDS)]  # type: ignore[misc]
        made = [
            _per_second(lambda file=file, n=n: _import(file, folder / f"{file.name}.{n}.rec")) for n in range(ROUNDS)
        ]  # type: ignore[misc]
        figures += [(f"{form}: exchanges/s read", read, ""), (f"{form}: exchanges/s imported", made, "")]
    exchanges = list(_exchanges())
    figures.append(("exchanges/s redacted", [_per_second(lambda: _redact(exchanges)) for _ in range(ROUNDS)], ""))
    figures.append(("exchanges/s named", [_per_second(lambda: _name(exchanges)) for _ in range(ROUNDS)], ""))
    return figures


def _per_second(work: Callable[[], None]) -> float:
    """Of this thread's own time: the machine may be shared."""
    began_s = time.process_time()
    work()
    return EXCHANGES / (time.process_time() - began_s)


def _read(file: Path, form: str) -> None:
    reader = import_module(f"recorder.formats.{_READERS[form]}").read
    with Source(file) as source:
        assert sum(1 for _ in reader(source, Origin(), Notes())) == EXCHANGES


def _import(file: Path, out: Path) -> None:
    run_import(Order(file=file, out=out), say=lambda _: None, tell=lambda _: None)


def _redact(exchanges: list[Exchange]) -> None:
    redactor = Redactor(b"0123456789abcdef0123456789abcdef")
    for one in exchanges:
        redactor.exchange(one)


def _name(exchanges: list[Exchange]) -> None:
    sessions = Sessions()
    for one in exchanges:
        sessions.of(one)


def _files(folder: Path) -> dict[str, Path]:
    base = Base("http://shop.example")
    written: dict[str, Iterator[bytes]] = {
        "har": harwrite.write(_exchanges(), base, WALL_S),
        "goreplay": goreplay.write(_exchanges(), WALL_S),
        "mitmproxy": mitmflows.write(_exchanges(), base, WALL_S),
        "combined": _log(),
    }
    files = {form: folder / form for form in written}
    for form, pieces in written.items():
        with files[form].open("wb") as file:
            file.writelines(pieces)
    return files


def _log() -> Iterator[bytes]:
    for one in _exchanges():
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(WALL_S + one.started_s))
        yield (
            f'10.0.{one.connection[1:]}.7 - - [{stamp}] "{one.request.method} {one.request.url} HTTP/1.1" 200 170 '
            '"-" "Mozilla/5.0 (X11; Linux x86_64)" 0.020\n'
        ).encode()


def _exchanges() -> Iterator[Exchange]:
    for number in range(EXCHANGES):
        asked = b"" if number % 2 else b'{"sku": "sku-%d", "quantity": 2, "note": "please be quick"}' % number
        answered = (
            b'{"id": %d, "state": "open", "items": [{"sku": "a", "n": 2}, {"sku": "b", "n": 3}], "total": 1299, '
            b'"owner": "user%d@example.com"}' % (number, number % 500)
        )
        started_s = number / 500
        yield Exchange(
            id=f"e{number:06}",
            session=f"s{number % 50:05}",
            connection=f"c{number % 50}",
            started_s=started_s,
            request_ended_s=started_s,
            first_byte_s=started_s + 0.01,
            ended_s=started_s + 0.02,
            request=Request(
                method="GET" if number % 2 else "POST",
                url=f"/orders/{number}?page=2",
                http_version="HTTP/1.1",
                headers=(
                    Header("Host", "shop.example"),
                    Header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
                    Header("Accept", "application/json"),
                    Header("Cookie", f"session={number % 50:032x}"),
                    Header("Content-Type", "application/json"),
                    Header("Content-Length", str(len(asked))),
                ),
                post_data=Content.of(asked),
            ),
            response=Response(
                status=200,
                status_text="OK",
                http_version="HTTP/1.1",
                headers=(
                    Header("Content-Type", "application/json"),
                    Header("Content-Length", str(len(answered))),
                    Header("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),
                    Header("Server", "nginx"),
                    Header("Cache-Control", "no-store"),
                ),
                content=Content.of(answered),
            ),
        )
