"""What stands for production's values at the target, where nothing is bound: by typed place, from a file or a query."""

from __future__ import annotations

from collections.abc import Sequence

from replayer.filling.filling import Mapped
from replayer.filling.spots import standing
from replayer.place import NoSuchPlace, parse_place
from replayer.places import read_request, write_request
from replayer.plan import Request, Step


class Maps:
    def __init__(self, mapped: Sequence[Mapped]) -> None:
        self.written = 0
        self.unmapped = 0
        self._mapped = mapped

    def fill(self, step: Step, request: Request) -> Request:
        """The request, `step`'s as far as it is filled, with the target's values at the spots that it has."""
        for mapped in self._mapped:
            for place, value in standing(step, mapped.spots):
                new = mapped.always if mapped.always is not None else mapped.values.get(value)
                if new is None:
                    self.unmapped += 1
                    continue
                try:
                    request = write_request(request, place, _typed(new, place, request))
                except (NoSuchPlace, ValueError):  # what the place cannot hold, the map has not got
                    self.unmapped += 1
                    continue
                self.written += 1
        return request


def _typed(text: str, place: str, request: Request) -> str | int:
    """A number where a number stands."""
    if parse_place(place).kind != "json" or isinstance(read_request(request, place), str):
        return text
    return int(text) if text.removeprefix("-").isdecimal() else text
