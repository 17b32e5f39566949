from typing import Any

import msgspec
import pytest

from faults.fault import At, Fault, Nth, Window


def test_a_window_is_seconds_or_per_cent_of_the_run() -> None:
    assert Window(from_="25%", for_="500ms").span_s(20.0) == (5.0, 5.5)
    assert Window().span_s(20.0) == (0.0, 20.0)


@pytest.mark.parametrize(
    "place", [{"window": Window(from_="1s")}, {"at": At(while_="s1")}, {"nth": Nth(n=2, route="GET /x")}]
)
def test_a_fault_is_read_back_as_it_was_written(place: dict[str, Any]) -> None:
    fault = Fault(id="f", link="payments", kind="slow", args={"latency_ms": 300}, **place)
    assert msgspec.convert(msgspec.to_builtins(fault), Fault) == fault


def test_a_file_has_the_words_that_python_reserves() -> None:
    fault = Fault(id="f", link="l", kind="down", window=Window(from_="1s", for_="2s"))
    assert msgspec.to_builtins(fault)["window"] == {"from": "1s", "for": "2s"}
    assert msgspec.to_builtins(At(while_="s1")) == {"while": "s1"}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Window(for_="0s"), "a window needs a length"),
        (lambda: Window(from_="soon"), "expected '20s', '500ms' or '30%'"),
        (At, "exactly one of at.before, at.while, at.after"),
        (lambda: At(before="s1", after="s1"), "exactly one of at.before, at.while, at.after"),
        (lambda: Nth(n=0, route="GET /x"), "nth counts from 1, got n=0"),
        (lambda: Nth(n=1), "exactly one of nth.route, nth.link"),
        (lambda: Fault(id="f", link="l", kind="down"), "fault 'f': expected exactly one of window, at, nth"),
        (
            lambda: Fault(id="f", link="l", kind="down", window=Window(), at=At(while_="s1")),
            "fault 'f': expected exactly one of window, at, nth",
        ),
    ],
)
def test_a_place_that_cannot_be_is_refused_with_what_is_allowed(make: Any, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        make()
    assert said in str(refused.value)
