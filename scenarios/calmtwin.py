"""A shaken replay told against the calm one: which class each step is of, what is noise anyway left out.

What is noise is learned from the recording and the calm replay, which had the same requests and no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from recorder.exchange import Exchange
from replayer.comparing.learning import MaskLearner
from replayer.comparing.masks import Masks
from replayer.comparing.met import met_of, met_of_exchange
from replayer.comparing.shaken import Classed, classes_of
from scenarios.execution import Execution

Recorded = Callable[[], Iterable[tuple[str, Exchange]]]  # the exchange of each step


def against_calm(
    calm: Execution, shaken: Execution, recorded: Recorded, redact: Callable[[str], str]
) -> tuple[Classed, ...]:
    """The classes of the shaken steps, the gravest first; none where nothing was sent."""
    masks = _noise(calm, recorded, redact)
    addresses = (urlsplit(calm.target).netloc, urlsplit(shaken.target).netloc)
    return classes_of(calm.history, shaken.history, masks, addresses=addresses, redact=redact)


def _noise(calm: Execution, recorded: Recorded, redact: Callable[[str], str]) -> Masks:
    learner = MaskLearner(one_system=False, redact=redact)
    own = urlsplit(calm.target).netloc
    met = {outcome.step: outcome for outcome in calm.history.outcomes if outcome.not_sent is None}
    for step, exchange in recorded():
        outcome = met.get(step)
        if outcome is not None:
            learner.meet(step, outcome.route, met_of_exchange(exchange), met_of(outcome, own))
    return learner.learned().masks
