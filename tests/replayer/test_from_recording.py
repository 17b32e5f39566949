import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from foreshock.errors import InvalidRun, UsageError
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.recording import Recording, RecordingWriter
from replayer.from_recording import plan_of, recorded_steps
from replayer.plan import Binding, Body, Recorded


def exchange(
    started_s: float,
    ended_s: float,
    session: str = "a",
    *,
    line: str = "GET /",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    status: int | None = 200,
    said: bytes = b"",
    answered: Iterable[tuple[str, str]] = (),
) -> Exchange:
    method, url = line.split()
    response = Response(
        status=status or 0,
        status_text="",
        http_version="HTTP/1.1",
        headers=tuple(Header(*pair) for pair in answered),
        content=Content.of(said),
    )
    return Exchange(
        id=f"x{started_s}",
        session=session,
        connection="c",
        started_s=started_s,
        request_ended_s=started_s,
        ended_s=ended_s,
        request=Request(
            method=method,
            url=url,
            http_version="HTTP/1.1",
            headers=tuple(Header(*pair) for pair in headers),
            post_data=Content.of(body),
        ),
        response=response if status else None,
        error=None if status else "reset",
    )


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Recording]:
    def write(*exchanges: Exchange) -> Recording:
        with RecordingWriter(tmp_path / "shop.rec", upstream="http://127.0.0.1:1") as writer:
            for one in exchanges:
                writer.write(one)
        return Recording.open(tmp_path / "shop.rec")

    return write


def test_each_step_is_known_to_be_made_of_its_exchange(recorded: Callable[..., Recording]) -> None:
    recording = recorded(exchange(10.0, 10.1, line="GET /a"), exchange(10.5, 10.6, line="GET /b"))
    steps = plan_of(recording, name="shop", seed=3).steps
    made_of = dict(recorded_steps(recording))
    assert {step.id: step.request.target for step in steps} == {step: made_of[step].request.url for step in made_of}


def test_steps_are_due_as_recorded_from_the_first_one_and_sooner_at_speed(recorded: Callable[..., Recording]) -> None:
    recording = recorded(exchange(10.0, 10.1), exchange(10.5, 10.6, "b"), exchange(12.0, 12.1))
    plan = plan_of(recording, name="shop", seed=3)
    assert [(step.id, step.due_s, step.session) for step in plan.steps] == [
        ("s1", 0.0, "a"),
        ("s2", 0.5, "b"),
        ("s3", 2.0, "a"),
    ]
    assert (plan.header.name, plan.header.seed) == ("shop", 3)
    assert plan.header.source is not None
    assert (plan.header.source.recording, plan.header.source.fingerprint) == ("shop.rec", recording.fingerprint)
    assert [step.due_s for step in plan_of(recording, name="shop", seed=3, speed=4).steps] == [0.0, 0.125, 0.5]


def test_a_step_follows_the_latest_of_its_session_that_had_ended_and_concurrent_ones_stay_so(
    recorded: Callable[..., Recording],
) -> None:
    plan = plan_of(
        recorded(
            exchange(0.0, 1.0),
            exchange(0.5, 3.0),  # beside the first
            exchange(0.6, 0.7, "b"),
            exchange(1.5, 2.0),  # the second is on its way still
            exchange(1.6, 2.2),
            exchange(2.5, 2.6),
            exchange(4.0, 4.1),
        ),
        name="shop",
        seed=1,
    )
    assert [step.after for step in plan.steps] == [(), (), (), ("s1",), ("s1",), ("s4", "s5"), ("s2", "s6")]


def test_the_template_leaves_out_what_belongs_to_the_connection(recorded: Callable[..., Recording]) -> None:
    headers = [
        ("Host", "shop.example"),
        ("connection", "keep-alive, X-Hop"),
        ("X-Hop", "1"),
        ("Content-Length", "2"),
        ("Expect", "100-continue"),
        ("X-Kept", "caf\xe9"),
    ]
    recording = recorded(exchange(0.0, 0.1, line="POST http://shop.example/a?b=%2f", headers=headers, body=b"\xff{"))
    (step,) = plan_of(recording, name="shop", seed=1).steps
    assert step.request.headers == (("Host", "shop.example"), ("X-Kept", "caf\xe9"))
    assert step.request.target == "/a?b=%2f"
    assert step.request.body == Body(base64="/3s=")


def test_routes_are_templates_and_the_recorded_answer_is_the_baseline(recorded: Callable[..., Recording]) -> None:
    recording = recorded(exchange(0.0, 0.25, line="GET /orders/17"), exchange(1.0, 1.5, status=None))
    plan = plan_of(recording, name="shop", seed=1)
    assert [step.route for step in plan.steps] == ["GET /orders/{id}", "GET /"]
    assert [step.recorded for step in plan.steps] == [
        Recorded(status=200, latency_s=0.25),
        Recorded(latency_s=0.5, error="reset"),
    ]


def test_bindings_are_learned_from_encoded_answers_too_and_can_be_left_out(recorded: Callable[..., Recording]) -> None:
    zipped = gzip.compress(b'{"id": 7}')
    recording = recorded(
        exchange(0.0, 0.1, line="POST /orders", said=zipped, answered=[("Content-Encoding", "gzip")]),
        exchange(1.0, 1.1, line="GET /orders/7"),
    )
    assert plan_of(recording, name="p", seed=1).step("s2").bindings == (
        Binding(into="path:1", from_="s1", at="json:$.id", confidence=0.95),
    )
    assert plan_of(recording, name="p", seed=1, bindings=False).step("s2").bindings == ()


def test_a_slice_of_sessions_starts_at_its_own_first_request(recorded: Callable[..., Recording]) -> None:
    recording = recorded(exchange(0.0, 0.1), exchange(5.0, 5.1, "b"), exchange(6.0, 6.1, "b"))
    plan = plan_of(recording, name="p", seed=1, sessions=["b"])
    assert [(step.id, step.due_s) for step in plan.steps] == [("s1", 0.0), ("s2", 1.0)]
    with pytest.raises(UsageError, match=r"session=z: the recording .* has no such session"):
        plan_of(recording, name="p", seed=1, sessions=["b", "z"])


def test_an_empty_recording_says_nothing(recorded: Callable[..., Recording]) -> None:
    with pytest.raises(InvalidRun, match="holds no exchanges, so there is nothing to replay; record again"):
        plan_of(recorded(), name="p", seed=1)


def test_a_recording_that_is_torn_at_its_first_line_says_where(recorded: Callable[..., Recording]) -> None:
    recording = recorded(exchange(0.0, 0.1))
    (segment,) = recording.path.glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:10])
    with pytest.raises(
        InvalidRun, match=r"holds no exchanges \(exchanges-00001\.jsonl\.zst is cut off .*1 exchanges were"
    ):
        plan_of(recording, name="p", seed=1)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_is_above_zero(recorded: Callable[..., Recording], speed: float) -> None:
    with pytest.raises(UsageError, match="speed="):
        plan_of(recorded(exchange(0.0, 0.1)), name="p", seed=1, speed=speed)
