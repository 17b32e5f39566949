"""The systematic part of a search: one thing at a time, everywhere it can be, on recorded sessions.

One fault at one step of each route that uses the link, each route sent together with itself and with a rival's, the
same while a link is slow, each write of a rare session sent twice at once, the same request delivered once more with
and without a fault, two rivals in another order, one fault over everything, what is not theirs or is no more, one value
that stands out in a session that is rare, what was written read at once, and at last two faults. Taken in turn, so that
whatever part of it the budget allows holds all of these; recorded values in odd timing come first, and most often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from replayer.plan import Plan
from scenarios.explore.callsites import faults_over_everything, pairs_of_faults, single_faults
from scenarios.explore.deliveries import redelivered, redelivered_under_faults, repeats
from scenarios.explore.identities import misdirected
from scenarios.explore.material import FaultForm, Material
from scenarios.explore.oddvalues import odd_values
from scenarios.explore.races import bursts, delayed, doubled, interleaved, rivals
from scenarios.explore.reading import with_reads
from scenarios.explore.tally import Reached
from scenarios.explore.turns import Seen, in_turn


def systematic(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """All of them, in an order that is fixed by the recording and by which routes use which links."""
    seen = Seen()
    faults = chain(single_faults(material, reached, forms), pairs_of_faults(material, reached, forms))
    timing = [bursts(material), delayed(material, reached, forms), rivals(material)]
    twice = [seen.new(plans) for plans in (*timing, faults, odd_values(material), doubled(material))]
    once = [
        faults_over_everything(material, reached, forms),
        redelivered(material),
        redelivered_under_faults(material, reached, forms),
        interleaved(material),
        misdirected(material),
        repeats(material),
        read_at_once(material),
    ]
    others = [seen.new(plans) for plans in once]
    return in_turn([*twice, *others[:4], *twice, *others[4:]])


def read_at_once(material: Material) -> Iterator[Plan]:
    """A session with every route that writes, each of its writes followed by the recorded reads of the same thing."""
    for route in material.writes:
        walk = material.rich_walks(("route", route))[0]
        plan = material.plan([walk])
        read = with_reads(plan, material.reads, [step.id for step in walk.steps if step.route in material.reads.routes])
        if read is not plan:
            yield read
