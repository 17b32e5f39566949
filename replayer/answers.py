"""What earlier steps of a replay answered, kept as far as later ones are bound to it, and requests filled from it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from functools import partial
from itertools import groupby
from typing import Any

from replayer import jsontext
from replayer.answerplaces import Said
from replayer.outcome import Answer
from replayer.place import NoSuchPlace
from replayer.places import as_text, rewrite_request
from replayer.plan import Binding, Request, Step

_KEPT_BYTES = 64 << 20  # of bodies in all; the oldest answers are forgotten beyond that
_HEAD_BYTES = 1 << 10  # about what an answer takes besides its body
_UNREAD = ("image/", "video/", "audio/", "font/", "application/octet-stream", "application/zip", "application/pdf")


class Unbound(Exception):
    """A binding has no value; the message says which and why, and repeats no value: a finding keeps it (law 9)."""


class Answers:
    """Remembers the answers of the last `horizon_steps` steps; of those in `wanted` only, where that is known."""

    def __init__(self, horizon_steps: int, wanted: Collection[str] | None) -> None:
        self._horizon_steps = horizon_steps
        self._wanted = wanted
        self._said: OrderedDict[str, Said | str] = (
            OrderedDict()
        )  # oldest first; the reason where there is no whole answer
        self._kept_bytes = 0

    def keep(self, step: Step, answer: Answer | None, error: str | None) -> None:
        """`error` says why there is no (whole) answer."""
        if self._wanted is not None and step.id not in self._wanted:
            return
        if step.id in self._said:
            self._kept_bytes -= _bytes_of(self._said.pop(step.id))
        said = Said(_readable(answer)) if answer is not None and error is None else (error or "no answer")
        self._said[step.id] = said
        self._kept_bytes += _bytes_of(said)
        while len(self._said) > self._horizon_steps or self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= _bytes_of(self._said.popitem(last=False)[1])

    def fill(self, step: Step) -> Request:
        """The step's request with its bindings' values in it. Raises Unbound."""
        request = step.request
        for into, bindings in groupby(step.bindings, lambda binding: binding.into):
            together = list(bindings)
            new = partial(self._placed, together)
            try:
                request = rewrite_request(request, into, new)
            except (NoSuchPlace, ValueError) as error:
                what = f"{into} cannot take {together[0].at} of {together[0].from_}"
                raise Unbound(f"unbound: {what}: {error}") from None
        return request

    def _placed(self, bindings: list[Binding], template: Any) -> Any:
        """What goes where `template` stands: the bound value, or its text with the bound values in their spots."""
        if len(bindings) == 1:
            return _fitted(self._value(bindings[0]), bindings[0], template)
        spots = [(*binding.wrap.split("{}"), as_text(self._value(binding))) for binding in bindings]
        return "".join(_pieces(as_text(template), spots))

    def _value(self, binding: Binding) -> Any:
        said = self._said.get(binding.from_)
        needs = f"unbound: {binding.into} needs {binding.at} of {binding.from_}"
        if said is None:
            raise Unbound(f"{needs}, whose answer is not kept: it is past the horizon")
        if isinstance(said, str):
            raise Unbound(f"{needs}, which ended with {said}")
        try:
            return said.read(binding.at)
        except NoSuchPlace:
            raise Unbound(f"{needs}, which answered {said.answer.status} without it") from None


def _pieces(text: str, spots: list[tuple[str, ...]]) -> Iterator[str]:
    """`text` in pieces, with the values of (before, after, value) in the place of what stands between."""
    at = 0
    for before, after, value in sorted(spots, key=lambda spot: len(spot[0])):
        if len(before) >= at and text.startswith(before) and text.endswith(after):  # else it was edited, without it
            yield text[at : len(before)] + value
            at = len(text) - len(after)
    yield text[at:]


def _readable(answer: Answer) -> Answer:
    """The answer without a body that nothing can be read from."""
    kind = (answer.header("content-type") or "").lower()
    if not kind.startswith(_UNREAD):
        return answer
    return Answer(status=answer.status, headers=answer.headers, body_bytes=answer.body_bytes)


def _bytes_of(said: Said | str) -> int:
    return len(said.answer.body) + _HEAD_BYTES if isinstance(said, Said) else 0


def _fitted(value: Any, binding: Binding, template: Any) -> Any:
    """`value` in the wrap, and of the type that stands at the place: an id from a Location can be a JSON number."""
    if binding.wrap != "{}":
        return binding.wrap.replace("{}", as_text(value))
    if not binding.into.startswith("json:"):
        return value
    if isinstance(template, str) and not isinstance(value, str):
        return as_text(value)
    if _is_number(template) and isinstance(value, str):
        try:
            number = jsontext.parse(value)
        except ValueError:
            return value
        return number if _is_number(number) else value
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
