"""The stretch of time that a fault is for, and the ramp over it: magnitudes that grow and shrink in steps."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import msgspec

from faults.course import Course, Level, Stage, steady
from faults.fault import Ramp
from foreshock.duration import Offset, format_duration

Share = Fraction  # of a magnitude: more than 0, at most 1
LEAST_STEP_S = 0.01  # each step is a call to the toxics' server
_ROUNDING = 1 + 1e-9  # 60 % and 40 % of any span fit into it, and three steps of 0.1 s into 0.3 s, whatever floats say


class Stretch(msgspec.Struct, frozen=True):
    """`span_s` is how long the fault is on: None where nobody knows before (at a step, at the n-th request)."""

    span_s: float | None = None
    ramp: Ramp | None = None

    def ramped(self, level: Callable[[Share], Level], held_ms: int = 0) -> Course:
        """`level(share)` all the time, or in the steps of the ramp.

        `held_ms` is how long its toxics may hold a byte back. When a toxic is changed, all that it holds is let go at
        once (Toxiproxy does so, and the embedded server too), so a step that is shorter would never show its magnitude.
        Raises ValueError for a ramp that this stretch has no room for.
        """
        if self.ramp is None:
            return steady(level(Share(1)))
        up_s, down_s = self._length_s("up", self.ramp.up), self._length_s("down", self.ramp.down)
        self._check_room(up_s, down_s)
        for way, length_s in (("up", up_s), ("down", down_s)):
            _check_steps(way, length_s, self.ramp.steps, held_ms)
        return _merged([(at_s, level(share)) for at_s, share in self._shares(up_s, down_s, self.ramp.steps)])

    def _length_s(self, way: str, text: str) -> float:
        offset = Offset.parse(text)
        if self.span_s is None and offset.value and (offset.percent or way == "down"):
            raise ValueError(
                f"ramp.{way}={text!r}: how long it lasts is not known here; "
                "expected a window, or ramp.up alone, in seconds such as '5s'"
            )
        return offset.seconds(self.span_s or 0.0)

    def _check_room(self, up_s: float, down_s: float) -> None:
        if self.span_s is not None and up_s + down_s > self.span_s * _ROUNDING:
            together, span = format_duration(up_s + down_s), format_duration(self.span_s)
            raise ValueError(f"a ramp of {together} is longer than the {span} it is for; expected up + down within it")

    def _shares(self, up_s: float, down_s: float, steps: int) -> list[tuple[float, Share]]:
        """Up 1/steps, 2/steps, ... each for the same time, the whole between, down as the mirror image of up."""
        rising = [(up_s * step / steps, Share(step + 1, steps)) for step in range(steps)] if up_s else [(0.0, Share(1))]
        end_s = self.span_s or 0.0
        falling = [(end_s - down_s * step / steps, Share(step, steps)) for step in range(steps - 1, 0, -1)]
        return rising + (falling if down_s else [])


def most_steps(length_s: float, held_ms: int) -> int:
    """In how many steps magnitudes can grow in that time, if their toxics hold a byte back for up to `held_ms`."""
    return int(length_s / least_step_s(held_ms) * _ROUNDING)


def least_step_s(held_ms: int) -> float:
    """How long a step has to be to show a delay of `held_ms`, and for a server to be told of it."""
    return max(LEAST_STEP_S, held_ms / 1000)


def _check_steps(way: str, length_s: float, steps: int, held_ms: int) -> None:
    most, least_s = most_steps(length_s, held_ms), least_step_s(held_ms)
    if not length_s or steps <= most:
        return
    why = "than what it delays by" if least_s > LEAST_STEP_S else "than a server can be told of"
    fewer = f"at most {most} steps, or " if most >= 2 else ""
    raise ValueError(
        f"ramp.{way} in steps of {format_duration(length_s / steps)} (steps={steps}): that is shorter {why}; "
        f"expected {fewer}at least '{ceil(least_s * (steps if fewer else 2) * 1000)}ms' in all"
    )


def _merged(levels: list[tuple[float, Level]]) -> Course:
    """Without the stages that would change nothing: small magnitudes have fewer values than a ramp has steps."""
    stages = [Stage(*levels[0])]
    for at_s, level in levels[1:]:
        if level != stages[-1].level:
            stages.append(Stage(at_s, level))
    return Course(tuple(stages))
