import asyncio

from recorder.listen.kept import Kept
from recorder.listen.lines import LinesEar


def test_lines_are_read_when_they_are_looked_at_and_placed_when_they_came() -> None:
    now, kept = [0.0], Kept()
    ear = LinesEar("shop", lambda: now[0])
    for now[0], line in ((1.0, b"WARN slow"), (2.0, b""), (3.0, b"INFO well")):
        ear.put(line)
    now[0] = 9.0
    asyncio.run(ear.look(kept))
    assert [(line.t_s, line.source, line.level, line.template) for line in kept.log_lines] == [
        (1.0, "shop", "WARN", "slow"),
        (3.0, "shop", "INFO", "well"),
    ]


def test_lines_beyond_the_rate_are_counted_once() -> None:
    kept = Kept()
    ear = LinesEar("shop", lambda: 7.0, per_s=2)
    for _ in range(5):
        ear.put(b"again")
    asyncio.run(ear.look(kept))
    asyncio.run(ear.look(kept))
    assert len(kept.log_lines) == 2
    assert kept.lost == {"shop wrote lines too fast": 3}
