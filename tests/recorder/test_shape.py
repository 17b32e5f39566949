import json
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.recording import Recording, RecordingWriter
from recorder.shape import FieldShape, Shape, ValueCount, learn, render, store


def exchange(
    n: int, method: str = "GET", url: str = "/", *, body: object = None, status: int | None = 200, took_s: float = 0.1
) -> Exchange:
    return Exchange(
        id=f"e{n}",
        session=f"s{n % 3}",
        connection="c",
        started_s=float(n),
        request_ended_s=float(n),
        ended_s=n + took_s,
        request=Request(
            method=method,
            url=url,
            http_version="HTTP/1.1",
            headers=(Header("Content-Type", "application/json"),),
            post_data=Content.of(b"" if body is None else json.dumps(body).encode()),
        ),
        response=None
        if status is None
        else Response(status=status, status_text="", http_version="HTTP/1.1", headers=(), content=Content.of(b"")),
        error="reset" if status is None else None,
    )


def recorded(tmp_path: Path, exchanges: Iterable[Exchange]) -> Recording:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        for one in exchanges:
            writer.write(one)
    return Recording.open(tmp_path / "a.rec")


def field(shape: Shape, place: str) -> FieldShape:
    (found,) = (one for route in shape.routes for one in route.fields if one.place == place)
    return found


def test_routes_are_counted_the_most_frequent_first(tmp_path: Path) -> None:
    statuses = [200, 200, 404, None]
    gets = [exchange(n, url=f"/items/{n}", status=statuses[n], took_s=0.1 * (n + 1)) for n in range(4)]
    shape = learn(recorded(tmp_path, [*gets, exchange(9, "POST", "/items", took_s=1)]))
    first, second = shape.routes
    assert (first.route, first.count, first.statuses, first.errors) == ("GET /items/{id}", 4, {200: 2, 404: 1}, 1)
    assert (first.p50_s, first.p99_s) == (pytest.approx(0.2, rel=0.01), pytest.approx(0.3, rel=0.01))
    assert first.rate_per_s == pytest.approx(0.4)
    assert (second.route, second.count) == ("POST /items", 1)
    assert (shape.exchanges, shape.sessions, shape.duration_s) == (5, 3, 10)


def test_a_field_has_its_values_the_most_frequent_first_and_typed(tmp_path: Path) -> None:
    bodies = [{"qty": value} for value in (1, 1, "1", True, 1.5, None)]
    shape = learn(recorded(tmp_path, (exchange(n, "POST", "/cart?page=2", body=body) for n, body in enumerate(bodies))))
    quantity = field(shape, "json:$.qty")
    assert (quantity.count, quantity.distinct) == (6, 5)
    assert quantity.values[0] == ValueCount(1, 2)
    assert {(type(one.value), one.value) for one in quantity.values} == {
        (int, 1),
        (str, "1"),
        (bool, True),
        (float, 1.5),
        (type(None), None),
    }
    assert field(shape, "query:page").values == (ValueCount("2", 6),)


def test_ids_in_the_path_are_fields_too(tmp_path: Path) -> None:
    shape = learn(recorded(tmp_path, (exchange(n, url=f"/orders/{n % 2}/lines") for n in range(3))))
    assert field(shape, "path:1").values == (ValueCount("0", 2), ValueCount("1", 1))


def test_of_many_values_the_frequent_the_extreme_and_the_rare_are_kept(tmp_path: Path) -> None:
    common = [n % 60 for n in range(600)]
    quantities = [*common, 10_000, -10_000, 10_000, -10_000, 77]
    shape = learn(recorded(tmp_path, (exchange(n, "POST", "/cart", body={"q": q}) for n, q in enumerate(quantities))))
    quantity = field(shape, "json:$.q")
    assert quantity.distinct == 63
    assert len(quantity.values) <= 40
    assert {one.value for one in quantity.values} >= {0, 1, 10_000, -10_000, 77}
    assert quantity.values[-1] == ValueCount(77, 1)


def test_long_texts_are_told_apart_and_not_kept(tmp_path: Path) -> None:
    notes = ["x" * 500, "y" * 500, "short"]
    shape = learn(recorded(tmp_path, (exchange(n, "POST", "/n", body={"t": t}) for n, t in enumerate(notes))))
    assert field(shape, "json:$.t").distinct == 3
    assert field(shape, "json:$.t").values == (ValueCount("short", 1),)


def test_an_empty_recording_has_a_shape_without_routes(tmp_path: Path) -> None:
    shape = learn(recorded(tmp_path, []))
    assert (shape.routes, shape.exchanges, shape.duration_s) == ((), 0, 0)


def test_it_is_stored_beside_the_segments_and_is_the_same_when_read(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [exchange(1, "POST", "/a", body={"q": [1, "x", None, True, 1.5]})])
    shape = learn(recording)
    path = store(shape, recording)
    assert path == recording.path / "shape.json"
    assert path.stat().st_mode & 0o077 == 0
    assert msgspec.json.decode(path.read_bytes(), type=Shape) == shape
    assert learn(Recording.open(recording.path)).recording == shape.recording


@pytest.mark.parametrize("markup", [True, False])
def test_the_table_shows_routes_and_what_is_missing(tmp_path: Path, markup: bool) -> None:
    recording = recorded(tmp_path, [exchange(1, url="/a[b]/7?x=1&%1b[2J=1", status=None), exchange(2, url="/a[b]/8")])
    (segment,) = recording.path.glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:-2])
    console = Console(file=StringIO(), width=160, markup=markup)
    render(learn(recording), console)
    text = console.file.getvalue()
    assert "2 exchanges in 2 sessions over 1.1 s" in text
    assert "GET /a[b]/{id}" in text
    assert "200×1 error×1" in text
    assert "100 ms" in text
    assert "query:x (1), query:\ufffd[2J (1)" in text  # what a terminal would obey is not said to it
    assert "missing: exchanges-00001.jsonl.zst is cut off" in text
