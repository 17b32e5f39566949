from collections.abc import Callable

from recorder.exchange import Exchange
from recorder.recording import Recording
from recorder.shape import learn, store
from replayer.traffic.routing import known_of

Make = Callable[..., Exchange]


def slugs(exchange: Make, count: int) -> list[Exchange]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        exchange(float(n), line=f"GET /articles/{letters[n % 26]}{letters[n // 26]}-tea/comments") for n in range(count)
    ]


def test_routes_are_the_shapes_where_one_is_stored(exchange: Make, recorded: Callable[..., Recording]) -> None:
    recording = recorded(*slugs(exchange, 300))
    # Of the first 10 alone the slugs are words still.
    by_head = known_of(recording, 10)
    assert by_head.routes.of("GET", "/articles/xyz/comments") == "GET /articles/xyz/comments"
    store(learn(recording), recording)
    by_shape = known_of(recording, 10)
    assert by_shape.routes.of("GET", "/articles/xyz/comments") == "GET /articles/{id}/comments"
    assert (by_head.lasts_s, by_shape.lasts_s >= 299.0) == (9.0, True)


def test_a_shape_of_other_segments_or_a_damaged_one_is_not_believed(
    exchange: Make, recorded: Callable[..., Recording]
) -> None:
    recording = recorded(exchange(0.0, line="GET /a/17"))
    other = recorded(*slugs(exchange, 300), name="other.rec")
    store(learn(other), recording)
    assert known_of(recording).routes.of("GET", "/articles/xyz/comments") == "GET /articles/xyz/comments"
    (recording.path / "shape.json").write_text("{")
    assert known_of(recording).routes.of("GET", "/a/18") == "GET /a/{id}"
