"""The stretch of time that a fault is for, and the ramp over it: magnitudes that grow and shrink in steps."""

from collections.abc import Callable
from fractions import Fraction

import msgspec

from faults.course import Course, Level, Stage, steady
from faults.fault import Ramp
from foreshock.duration import Offset, format_duration

Share = Fraction  # of a magnitude: more than 0, at most 1
LEAST_STEP_S = 0.01  # each step is a call to the toxics' server


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
            _check_steps(way, length_s, self.ramp.steps, held_ms / 1000)
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
        # up: 60% and down: 40% of any span fit, whatever floats say
        if self.span_s is not None and up_s + down_s > self.span_s * (1 + 1e-9):
            together, span = format_duration(up_s + down_s), format_duration(self.span_s)
            raise ValueError(f"a ramp of {together} is longer than the {span} it is for; expected up + down within it")

    def _shares(self, up_s: float, down_s: float, steps: int) -> list[tuple[float, Share]]:
        """Up 1/steps, 2/steps, ... each for the same time, the whole between, down as the mirror image of up."""
        rising = [(up_s * step / steps, Share(step + 1, steps)) for step in range(steps)] if up_s else [(0.0, Share(1))]
        end_s = self.span_s or 0.0
        falling = [(end_s - down_s * step / steps, Share(step, steps)) for step in range(steps - 1, 0, -1)]
        return rising + (falling if down_s else [])


def _check_steps(way: str, length_s: float, steps: int, held_s: float) -> None:
    least_s = max(LEAST_STEP_S, held_s)
    if not length_s or length_s / steps >= least_s:
        return
    why = "than what it delays by" if held_s > LEAST_STEP_S else "than a server can be told of"
    most = int(length_s / least_s)
    fewer = f"at most {most} steps, or " if most >= 2 else ""
    raise ValueError(
        f"ramp.{way} in steps of {format_duration(length_s / steps)} (steps={steps}): that is shorter {why}; "
        f"expected {fewer}at least {format_duration(least_s * (steps if fewer else 2))} in all"
    )


def _merged(levels: list[tuple[float, Level]]) -> Course:
    """Without the stages that would change nothing: small magnitudes have fewer values than a ramp has steps."""
    stages = [Stage(*levels[0])]
    for at_s, level in levels[1:]:
        if level != stages[-1].level:
            stages.append(Stage(at_s, level))
    return Course(tuple(stages))
