"""When a fault was on. Seconds on the run's clock."""

import msgspec


class Span(msgspec.Struct, frozen=True):
    """It may have been on from `begun_s`, was known to be on at `on_s`, and to be off at `off_s` (inf: it still is on).

    What it broke, it may have broken as soon as `begun_s`; what was delayed, was so from `on_s` at the latest.
    """

    begun_s: float
    on_s: float
    off_s: float
