import msgspec
import pytest

from faults.call import Call
from foreshock.clock import Anchor
from replayer.outcome import History
from scenarios.runlines import CallLine, Seen, call_lines


def a_call(**changes: object) -> Call:
    call = Call(
        link="payments",
        ordinal=1,
        connection=2,
        protocol="http/1.1",
        method="POST",
        path="/customers/ada@lovelace.org/charges/1042",
        started_s=0.5,
        asked_s=0.51,
        first_byte_s=0.6,
        ended_s=0.7,
        status=201,
        bytes_up=120,
        bytes_down=40,
        ended="answered",
        trace="4bf92f3577b34da6a3ce929d0e0e4736",
        digest="d1",
        step="a1",
        by="traceparent",
    )
    return msgspec.structs.replace(call, **changes)


def lines(*calls: Call, redact: dict[str, str] | None = None) -> list[CallLine]:
    def clean(text: str) -> str:
        for secret, instead in (redact or {}).items():
            text = text.replace(secret, instead)
        return text

    history = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=(), calls=calls)
    return list(call_lines("shake", history, 10.0, 3, clean))


def test_a_call_is_a_line_on_the_runs_clock_with_its_path_as_a_template() -> None:
    assert lines(a_call()) == [
        CallLine(
            phase="shake",
            execution=3,
            link="payments",
            connection=2,
            route="POST /customers/{id}/charges/{id}",
            started_s=10.5,
            asked_s=10.51,
            first_byte_s=10.6,
            ended_s=10.7,
            status=201,
            bytes_up=120,
            bytes_down=40,
            ended="answered",
            step="a1",
            by="traceparent",
        )
    ]


def test_neither_path_nor_trace_nor_digest_of_a_call_is_in_its_line() -> None:
    written = msgspec.json.encode(lines(a_call()))
    assert not any(secret in written for secret in (b"ada", b"1042", b"4bf92f", b"d1"))


def test_words_that_a_template_keeps_are_redacted() -> None:
    (line,) = lines(a_call(path="/customers/ada"), redact={"ada": "***"})
    assert line.route == "POST /customers/***"


def test_a_call_that_is_still_open_has_no_times_that_never_came() -> None:
    (line,) = lines(a_call(asked_s=None, first_byte_s=None, ended_s=None, status=None, ended="open"))
    assert (line.asked_s, line.first_byte_s, line.ended_s, line.status, line.ended) == (None, None, None, None, "open")


def test_the_second_of_two_equal_calls_of_a_step_is_a_repeat() -> None:
    assert [line.repeat for line in lines(a_call(), a_call(ordinal=2), a_call(ordinal=3, step="a2"))] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("fate", "status", "recorded", "broke"),
    [
        ("ok", 200, 200, False),
        ("unknown", 503, 200, True),
        ("unknown", None, 200, True),
        ("failed", 404, 404, False),
        ("failed", 409, 201, True),
        (None, None, 200, False),
    ],
)
def test_a_user_sees_a_failure_where_production_gave_none(
    fate: str | None, status: int | None, recorded: int, broke: bool
) -> None:
    seen = Seen(
        phase="shake",
        step="a",
        session="s",
        route="GET /",
        due_s=0.0,
        fate=fate,  # type: ignore[arg-type]
        status=status,
        recorded_status=recorded,
    )
    assert seen.broke is broke
