"""Names that sessions made up, made up anew for each execution: a system that is not reset has the old ones already."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec.structs import replace

from foreshock.clock import Anchor
from replayer.hooks import Filler
from replayer.outcome import Answer
from replayer.places import request_leaves, write_request
from replayer.step import Request, Step
from replayer.traffic.renaming import alike

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_EPOCH_SIGNS = 7  # two and a half years of milliseconds
_TOKEN = re.compile(r"(?=\D*\d)[0-9A-Za-z]{8,}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SEPARATOR = re.compile(r"[-_. ]")


class Anew:
    """A filler around `filler` that writes `names` as this epoch's, wherever a request of the plan has one.

    The same name becomes the same everywhere; what is bound comes from answers, which have the new one already.
    """

    def __init__(self, filler: Filler, names: Collection[str], epoch: str) -> None:
        self._filler = filler
        self._names = frozenset(names)
        self._epoch = epoch

    def fill(self, step: Step, /) -> Request:
        """Raises Unbound where a value is missing."""
        request = step.request
        for leaf in request_leaves(request):
            if leaf.place.kind not in ("header", "cookie") and self._is_name(leaf.value):
                request = write_request(request, str(leaf.place), named(leaf.value, self._epoch))
        return self._filler.fill(step if request is step.request else replace(step, request=request))

    def _is_name(self, value: object) -> bool:
        return isinstance(value, str) and value in self._names

    def keep(self, step: Step, answer: Answer | None, error: str | None, /) -> None:
        self._filler.keep(step, answer, error)


def anew(filler: Filler, names: Collection[str], epoch: str) -> Filler:
    """`filler`, around which there is an `Anew` where there are names."""
    return Anew(filler, names, epoch) if names else filler


def named(name: str, epoch: str) -> str:
    """The name with the epoch in it: 'ann.k3x9z@b.example', 'my-notes-k3x9z'. A token becomes another of its look."""
    if _TOKEN.fullmatch(name):
        return alike(name, epoch)
    local, at, domain = name.partition("@")
    separator = _SEPARATOR.search(local)
    between = separator[0] if separator else "." if at else ""
    return f"{local}{between}{epoch}{at}{domain}"


def epoch_of(anchor: Anchor, instance: int) -> str:
    """Short, and no other execution's: when it began, in milliseconds, and on which instance."""
    return _base36(int(anchor.wall_s * 1000), _EPOCH_SIGNS) + _base36(instance, 1)


def _base36(number: int, signs: int) -> str:
    """Its last `signs` digits."""
    text = ""
    for _ in range(signs):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
