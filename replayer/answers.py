"""What earlier steps of a replay answered, kept as far as later ones are bound to it, and requests filled from it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from replayer import jsontext
from replayer.outcome import Answer
from replayer.place import NoSuchPlace, parse_place
from replayer.places import as_text, read_answer, read_request, write_request
from replayer.plan import Binding, Request, Step

_KEPT_BYTES = 256 << 20  # of bodies in all; the oldest answers are forgotten beyond that


class Unbound(Exception):
    """A binding has no value; the message says which and why, and repeats no value: a finding keeps it (law 9)."""


class Answers:
    """Remembers the answers of the last `horizon_steps` steps; of those in `wanted` only, where that is known."""

    def __init__(self, horizon_steps: int, wanted: Collection[str] | None) -> None:
        self._horizon_steps = horizon_steps
        self._wanted = wanted
        self._said: dict[str, Answer | str] = {}  # oldest first; the reason where there is no whole answer
        self._kept_bytes = 0

    def keep(self, step: str, answer: Answer | None, error: str | None) -> None:
        """`error` says why there is no (whole) answer."""
        if self._wanted is not None and step not in self._wanted:
            return
        said = answer if answer is not None and error is None else (error or "no answer")
        self._said[step] = said
        self._kept_bytes += _bytes_of(said)
        while len(self._said) > self._horizon_steps or self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= _bytes_of(self._said.pop(next(iter(self._said))))

    def fill(self, step: Step) -> Request:
        """The step's request with its bindings' values in it. Raises Unbound."""
        request = step.request
        for binding in step.bindings:
            value = self._value(binding)
            try:
                request = write_request(request, binding.into, _fitted(value, binding, request))
            except (NoSuchPlace, ValueError) as error:
                what = f"{binding.into} cannot take {binding.at} of {binding.from_}"
                raise Unbound(f"unbound: {what}: {error}") from None
        return request

    def _value(self, binding: Binding) -> Any:
        said = self._said.get(binding.from_)
        needs = f"unbound: {binding.into} needs {binding.at} of {binding.from_}"
        if said is None:
            raise Unbound(f"{needs}, whose answer is not kept: it is past the horizon")
        if isinstance(said, str):
            raise Unbound(f"{needs}, which ended with {said}")
        try:
            return read_answer(said, binding.at)
        except NoSuchPlace:
            raise Unbound(f"{needs}, which answered {said.status} without it") from None


def _bytes_of(said: Answer | str) -> int:
    return len(said.body) if isinstance(said, Answer) else 0


def _fitted(value: Any, binding: Binding, request: Request) -> Any:
    """`value` in the wrap, and of the type that stands at the place: an id from a Location can be a JSON number."""
    if binding.wrap != "{}":
        return binding.wrap.replace("{}", as_text(value))
    if parse_place(binding.into).kind != "json":
        return value
    template = read_request(request, binding.into)
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
