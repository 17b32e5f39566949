"""A shaken replay told against the calm one: which class each step is of, what is noise anyway left out.

What is noise is learned from the recording and the calm replay, which had the same requests and no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recorder.exchange import Exchange
from replayer.comparing.learning import MaskLearner
from replayer.comparing.masks import Masks
from replayer.comparing.met import met_of, met_of_exchange
from replayer.comparing.shaken import Classed, classes_of
from replayer.outcome import History

Recorded = Callable[[], Iterable[tuple[str, Exchange]]]  # the exchange of each step


def against_calm(
    calm: History, shaken: History, recorded: Recorded, redact: Callable[[str], str]
) -> tuple[Classed, ...]:
    """The classes of the shaken steps, the gravest first; none where nothing was sent."""
    return classes_of(calm, shaken, _noise(calm, recorded, redact), redact=redact)


def _noise(calm: History, recorded: Recorded, redact: Callable[[str], str]) -> Masks:
    learner = MaskLearner(one_system=False, redact=redact)
    met = {outcome.step: outcome for outcome in calm.outcomes if outcome.not_sent is None}
    for step, exchange in recorded():
        outcome = met.get(step)
        if outcome is not None:
            learner.meet(step, outcome.route, met_of_exchange(exchange), met_of(outcome))
    return learner.learned().masks
