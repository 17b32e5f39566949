"""Which stage does the work of which type of toxic."""

from collections.abc import Mapping

from faults.embedded.pacing import Bandwidth, Slicer, SlowClose
from faults.embedded.stage import Stage
from faults.embedded.stages import Latency, LimitData, ResetPeer, Timeout

STAGES: Mapping[str, type[Stage]] = {
    "latency": Latency,
    "bandwidth": Bandwidth,
    "slow_close": SlowClose,
    "timeout": Timeout,
    "reset_peer": ResetPeer,
    "slicer": Slicer,
    "limit_data": LimitData,
    "noop": Stage,
}
