"""The stream of a recording: what each step has of its exchange, and what it costs."""

import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from foreshock.errors import InvalidRun, UsageError
from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.recording import Recording, RecordingWriter
from replayer.from_recording import stream_of
from replayer.plan import Body, Recorded, Step
from replayer.plan import Message as PlanMessage
from replayer.traffic.account import Account
from replayer.traffic.looping import Loop
from replayer.traffic.selection import Selection
from replayer.traffic.slicing import Between

Pairs = Iterable[tuple[str, str]]


def exchange(
    started_s: float,
    session: str = "a",
    *,
    line: str = "GET /",
    headers: Pairs = (),
    content: Content = Content(size=0),  # noqa: B008 (frozen)
    status: int | None = 200,
    said: bytes = b"",
    version: str = "HTTP/1.1",
) -> Exchange:
    method, url = line.split()
    request_headers = tuple(Header(*pair) for pair in headers)
    answer = Content.of(said)
    response = Response(status=status or 0, status_text="", http_version=version, headers=(), content=answer)
    return Exchange(
        id=f"x{started_s}",
        session=session,
        connection="c1",
        started_s=started_s,
        request_ended_s=started_s,
        first_byte_s=started_s + 0.05,
        ended_s=started_s + 0.1,
        request=Request(method=method, url=url, http_version=version, headers=request_headers, post_data=content),
        response=response if status else None,
        error=None if status else "client aborted",
    )


def recording_of(folder: Path, exchanges: Iterable[Exchange]) -> Recording:
    with RecordingWriter(folder, upstream="http://127.0.0.1:1") as writer:
        for one in exchanges:
            writer.write(one)
    return Recording.open(folder)


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Recording]:
    return lambda *exchanges: recording_of(tmp_path / "shop.rec", exchanges)


def stream(recording: Recording, **selected: object) -> tuple[list[Step], Account]:
    account = Account()
    _, steps = stream_of(recording, Selection(**selected), name="p", seed=1, account=account)
    return list(steps), account


def test_a_step_has_all_that_its_exchange_says_of_the_wire(recorded: Callable[..., Recording]) -> None:
    sent = exchange(
        0.0,
        line="POST /up",
        headers=[("Transfer-Encoding", "gzip, Chunked"), ("Expect", "100-Continue")],
        content=Content.of(b"abc"),
    )
    sent = replace(sent, closes=True, recorder="web-1", request=replace(sent.request, trailers=(Header("X-Sum", "7"),)))
    (step,), account = stream(recorded(sent))
    assert (step.request.chunked, step.request.expects, step.request.trailers) == (True, True, (("X-Sum", "7"),))
    assert (step.connection, step.closes, step.protocol, step.unsupported) == ("web-1/c1", True, "http/1.1", "")
    assert step.request.body == Body(text="abc")
    assert list(account.sentences()) == []


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/2", "h2", "HTTP/3"])
def test_what_shared_a_connection_goes_as_http_2(recorded: Callable[..., Recording], version: str) -> None:
    (step,), _ = stream(recorded(exchange(0.0, version=version)))
    assert step.protocol == "h2"


def test_of_what_belongs_to_a_connection_the_template_keeps_a_close_and_the_trailers_of_http_2(
    recorded: Callable[..., Recording],
) -> None:
    hop = [("Connection", "Close, X-Hop"), ("X-Hop", "1"), ("TE", "trailers"), ("Upgrade", "h2c")]
    old, new = exchange(0.0, headers=hop, version="HTTP/1.0"), exchange(1.0, headers=hop[2:3], version="HTTP/2.0")
    upload = exchange(2.0, line="POST /up", content=Content.of(b"abc"), version="HTTP/2.0")
    (one, other, third), _ = stream(recorded(old, new, upload))
    assert (one.request.headers, one.closes) == ((("Connection", "close"),), True)
    assert (other.request.headers, other.closes, other.request.chunked) == ((("TE", "trailers"),), False, False)
    assert third.request.chunked


def test_an_upgrade_to_anything_else_is_not_sent(recorded: Callable[..., Recording]) -> None:
    (step,), _ = stream(recorded(exchange(0.0, headers=[("Upgrade", "h2c")], status=101)))
    assert (step.protocol, step.unsupported.partition(":")[0]) == ("http/1.1", "upgrade")


def test_an_event_stream_that_its_client_may_have_left_is_not_sent(recorded: Callable[..., Recording]) -> None:
    events = (Header("Content-Type", "text/event-stream; charset=utf-8"),)
    ended = exchange(0.0)
    ended = replace(ended, response=replace(ended.response, headers=events))
    left, open_still = replace(ended, started_s=1.0, closes=True), replace(ended, started_s=2.0, goes_on=True)
    steps, _ = stream(recorded(ended, left, open_still))
    assert [step.unsupported.partition(":")[0] for step in steps] == ["", "stream", "stream"]


def test_a_websocket_is_one_step_with_its_messages_from_when_it_was_open(recorded: Callable[..., Recording]) -> None:
    messages = (
        Message(at_s=0.25, from_client=True, content=Content.of(b"hi")),
        Message(at_s=0.55, from_client=False, binary=True, content=Content.of(b"\xff")),
        Message(at_s=0.65, from_client=True, content=Content(size=9_000_000, digest="d")),
    )
    socket = replace(exchange(0.0, status=101), messages=messages, messages_left_out=2, ended_s=3.05)
    (step,), account = stream(recorded(socket))
    assert (step.protocol, step.lasts_s) == ("websocket", 3.0)
    assert step.messages == (
        PlanMessage(at_s=0.2, body=Body(text="hi")),
        PlanMessage(at_s=0.5, from_client=False, binary=True, body=Body(base64="/w==")),
    )
    assert list(account.sentences()) == ["WebSocket messages that the recording does not have: 3"]


def test_a_recorded_retry_is_an_attempt_of_the_step_that_it_repeats(recorded: Callable[..., Recording]) -> None:
    steps, account = stream(recorded(exchange(0.0, status=503), exchange(1.0, status=200), exchange(8.0)))
    assert [(step.id, step.due_s) for step in steps] == [("s1", 0.0), ("s2", 8.0)]
    assert steps[0].recorded == Recorded(status=200, latency_s=1.1, attempts=2)
    assert steps[1].after == ("s1",)
    assert list(account.sentences()) == ["recorded retries folded into the requests that they repeat: 1"]


@pytest.mark.parametrize(
    ("content", "status", "why"),
    [
        (Content(size=9_000_000, digest="d"), 200, "body not kept"),
        (Content(size=10, text="a", encoding="base64"), 200, "body damaged"),
        (Content.of(b"ab"), None, "body not sent"),
    ],
)
def test_a_body_that_is_not_there_is_never_made_up(
    recorded: Callable[..., Recording], content: Content, status: int | None, why: str
) -> None:
    headers = [("Content-Length", "10")]
    (step,), _ = stream(recorded(exchange(0.0, line="POST /up", headers=headers, content=content, status=status)))
    assert step.unsupported.partition(":")[0] == why


def test_a_body_that_is_not_as_its_headers_say_is_sent_as_it_was_kept_and_counted(
    recorded: Callable[..., Recording],
) -> None:
    sent = exchange(0.0, line="POST /up", headers=[("Content-Length", "10")], content=Content.of(b"abc"))
    (step,), account = stream(recorded(sent))
    assert (step.request.body, step.unsupported) == (Body(text="abc"), "")
    assert list(account.sentences()) == ["request bodies not as long as their headers say, sent as they were kept: 1"]


def test_everything_that_is_selected_works_together(recorded: Callable[..., Recording]) -> None:
    sent = [
        exchange(float(n), "ab"[n % 2], line=("POST /orders" if n % 4 < 2 else f"GET /orders/{n}"), said=b'{"id": 1}')
        for n in range(40)
    ]
    steps, account = stream(
        recorded(*sent),
        between=Between.parse("8", "32"),
        sessions=("a", "nobody"),
        only=("/orders*",),
        but=("GET *", "GET /oders"),
        loop=Loop(rounds=2),
        scale=2,
        rate_per_s=10.0,
    )
    assert {step.session for step in steps} == {"a", "a~2", "a@2", "a@2~2"}
    assert {step.route for step in steps} == {"POST /orders"}
    assert len(steps) == 24  # six in the stretch, twice, by two clones
    assert [step.due_s for step in steps] == sorted(step.due_s for step in steps)
    assert steps[-1].due_s == pytest.approx(2.3)
    assert set(account.unmatched) == {"session=nobody", "GET /oders"}
    seen: set[str] = set()
    for step in steps:
        assert {*step.after} <= seen
        seen.add(step.id)


def test_a_selection_of_nothing_says_what_was_left_out(recorded: Callable[..., Recording]) -> None:
    recording = recorded(exchange(0.0))
    with pytest.raises(
        UsageError, match=r"nothing of it is selected \(left out because their routes are not selected: 1"
    ):
        stream(recording, only=("POST *",))
    with pytest.raises(UsageError, match="nothing in the traffic fits session=z"):
        stream(recording, sessions=("z",))
    with pytest.raises(UsageError, match="nothing of it started between those times"):
        stream(recording, between=Between.parse("5", "9"))


@pytest.mark.parametrize(
    "selected",
    [{"speed": 0.0}, {"speed": float("nan")}, {"rate_per_s": 0.0}, {"scale": 0}, {"speed": 2.0, "rate_per_s": 1.0}],
)
def test_a_selection_that_cannot_be_is_refused(recorded: Callable[..., Recording], selected: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        stream(recorded(exchange(0.0)), **selected)


def test_recordings_of_several_recorders_are_one_stream_and_their_connections_are_told_apart(tmp_path: Path) -> None:
    for recorder in ("web-1", "web-2"):
        with RecordingWriter(tmp_path / "shop.rec", upstream="http://127.0.0.1:1", recorder=recorder) as writer:
            for n in range(3):
                writer.write(replace(exchange(float(n), f"{recorder}-a"), recorder=recorder))
    steps, _ = stream(Recording.open(tmp_path / "shop.rec"))
    assert sorted(step.connection for step in steps) == ["web-1/c1"] * 3 + ["web-2/c1"] * 3
    assert [step.due_s for step in steps] == sorted(step.due_s for step in steps)


def test_a_recording_without_exchanges_says_nothing(recorded: Callable[..., Recording]) -> None:
    with pytest.raises(InvalidRun, match="holds no exchanges"):
        stream(recorded())


# What it costs


def many(count: int) -> Iterator[Exchange]:
    """A request every millisecond, of sessions that come and go; their answers are all the same."""
    return (
        exchange(n / 1000, f"a{n // 20}", line=f"GET /orders/{n % 50}", said=b'{"id": 7, "state": "open"}')
        for n in range(count)
    )


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return recording_of(tmp_path_factory.mktemp("long") / "long.rec", many(24_000))


def test_the_first_step_comes_without_reading_the_recording_through(long: Recording) -> None:
    begun_s = time.process_time()
    _, steps = stream_of(long, name="p", seed=1, bindings=False, head_exchanges=5_000)
    first_s = time.process_time() - begun_s
    assert next(steps).id == "s1"
    read_s = time.process_time()
    assert sum(1 for _ in steps) == 23_999
    assert first_s < 0.5 * (time.process_time() - read_s)


def test_memory_does_not_grow_with_the_recording(long: Recording) -> None:
    _, steps = stream_of(long, name="p", seed=1, bindings=False, head_exchanges=2_000)
    for _ in range(12_000):
        next(steps)
    tracemalloc.start()
    for _ in range(5_000):
        next(steps)
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(5_000):
        next(steps)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 3_000_000


def test_values_are_told_of_the_whole_first_round_however_much_of_the_next_was_read(tmp_path: Path) -> None:
    made = exchange(0.0, line="POST /orders", said=b'{"id": "0000000adecade"}')
    recording = recording_of(tmp_path / "a.rec", [made, exchange(1.0, line="GET /orders/0000000adecade")])
    account = Account()
    _, steps = stream_of(recording, Selection(loop=Loop(rounds=3)), name="p", seed=1, account=account)
    bound = [len(next(steps).bindings) for _ in range(3)]  # the third is of the second round
    assert bound == [0, 1, 0]
    assert account.learner is not None and account.learner.meaning.bound == 1
