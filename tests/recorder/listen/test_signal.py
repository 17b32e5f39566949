from pathlib import Path

import msgspec

from recorder.intake import Intake
from recorder.listen.signal import LogLine, Sample, Signal, Span
from recorder.recording import Recording

SIGNALS: tuple[Signal, ...] = (
    Sample(1.0, "shop", "slots", 3.0),
    Sample(2.0, "shop", 'http{route="/"}', 7.0, "histogram", ((0.1, 2.0), (1.0, 6.0))),
    LogLine(3.0, "shop", "WARN", "no slot", (("logger", "pool"), ("user", ""))),
    LogLine(4.0, "shop", "", "well"),
    Span(t_s=5.0, source="shop", operation="pay", duration_s=0.5, role="client", failed=True, trace="0af7651916cd43dd"),
)


def test_every_kind_comes_back_from_a_recording_as_it_went(tmp_path: Path) -> None:
    intake = Intake.into(tmp_path / "a.rec", upstream="http://127.0.0.1:1", key=bytes(32))
    for signal in SIGNALS:
        intake.hear(signal)
    intake.close()
    assert tuple(Recording.open(tmp_path / "a.rec").signals()) == SIGNALS


def test_what_is_not_known_takes_no_room() -> None:
    assert msgspec.json.encode(SIGNALS[0]) == b'{"t_s":1.0,"source":"shop","name":"slots","value":3.0}'
