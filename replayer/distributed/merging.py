"""One account of a replay out of what its workers say, and of the outcomes that came from all of them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from replayer.distributed.team import TeamDone
from replayer.filling.filling import Filled
from replayer.metering import FidelityMeter


def merged(done: TeamDone, meter: FidelityMeter) -> TeamDone:
    """`done` with the fidelity of all, which `meter` was told of, and what all fillers did.

    A session's order is its worker's to watch: a worker has all of it.
    """
    told = [each.fidelity for each in done.each.values() if each.fidelity]
    fidelity = msgspec.structs.replace(meter.told(), out_of_order=sum(each.out_of_order for each in told))
    filled = [each.filled for each in done.each.values() if each.filled]
    return msgspec.structs.replace(done, fidelity=fidelity, filled=_sum(filled) if filled else None)


def _sum(filled: Iterable[Filled]) -> Filled:
    counts = [msgspec.structs.asdict(each) for each in filled]
    return Filled(**{name: sum(each[name] for each in counts) for name in counts[0]})
