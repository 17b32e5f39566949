import msgspec
import pytest

from recorder import followed as module
from recorder.exchange import Content
from recorder.followed import Followed
from recorder.following import EndLine, Following, MessageLine


def message(of: str, nth: int, text: str = "hi") -> MessageLine:
    return MessageLine(of=of, nth=nth, at_s=nth, content=Content.of(text.encode()))


def of_lines(lines: list[Following], **options: bool) -> Followed:
    def strange() -> None:
        raise AssertionError("a line is none")

    return Followed(map(msgspec.json.encode, lines), on_strange=strange, **{"seal": False, **options})


@pytest.mark.parametrize("seal", [False, True])
def test_what_stood_mingled_is_given_by_exchange_in_its_order(seal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    monkeypatch.setattr(module, "_IN_MEMORY_BYTES", 100)  # the rest is in the file
    lines: list[Following] = [message(f"e{n % 3}", n // 3 + 1) for n in range(60)]
    lines.append(EndLine(of="e1", nth=21, ended_s=9.0))
    with of_lines(lines, seal=seal) as followed:
        for exchange in ("e2", "e0", "e1"):
            assert followed.of(exchange) == [line for line in lines if line.of == exchange]
        assert followed.of("e9") == []


def test_what_was_sealed_stands_nowhere_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    with of_lines([message("e1", 1, "a secret that is long enough")], seal=True) as followed:
        followed._file.seek(0)
        assert b"secret" not in followed._file.read()


def test_lines_that_are_none_are_told_and_left_out() -> None:
    told: list[str] = []
    lines = [b"{", b'{"of":"e1","kind":"?"}', msgspec.json.encode(message("e1", 1))]
    with Followed(lines, seal=False, on_strange=lambda: told.append("x")) as followed:
        assert followed.of("e1") == [message("e1", 1)]
    assert len(told) == 2
