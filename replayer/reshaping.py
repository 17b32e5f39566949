"""Requests of another structure than recorded: an entry that is gone, that stands twice, or that is new.

Two readers of one request often disagree about a name that stands twice: one takes the first, the other the last.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer import jsontext
from replayer.changes import edited, the_step
from replayer.headertext import header_text, is_encoded, is_form, multipart_boundary
from replayer.place import NoSuchPlace, Place, parse_place
from replayer.places import as_text
from replayer.plan import Body, Plan, Request, Reshape
from replayer.sequence import swapped
from replayer.urltext import escape_query, unescape

How = Literal["drop", "double", "add"]


def reshape(plan: Plan, step: str, place: str, how: How, value: Any = None) -> Plan:
    """The entry at `place` is dropped, doubled or added; of the two, or as the new one, with `value`.

    Where it is doubled, what is read and written at `place` afterwards is the recorded one. Raises UsageError where the
    request cannot have that.
    """
    old = the_step(plan, step)
    try:
        at = parse_place(place)
        request = _reshaped(old.request, at, how, value)
    except NoSuchPlace:
        raise UsageError(f"reshape={place}: nothing can {how} there in the request of {step} ({old.route})") from None
    except ValueError as error:
        raise UsageError(f"reshape={place} of step {step}: {error}") from None
    aside = tuple(b for b in old.bindings if how == "drop" and _is_in(parse_place(b.into), at))
    bindings = tuple(binding for binding in old.bindings if binding not in aside)
    edit = Reshape(step=step, place=place, how=how, was=old.request, value=value, was_bindings=aside)
    return edited(plan, swapped(plan.steps, replace(old, request=request, bindings=bindings)), edit)


def _is_in(place: Place, gone: Place) -> bool:
    """Whether what stood at `place` went with the entry at `gone`."""
    if gone.kind == "json" == place.kind:
        return place.path[: len(gone.path)] == gone.path
    return place.same(gone)


def _reshaped(request: Request, place: Place, how: How, value: Any) -> Request:
    body = request.body.text if request.body else None
    if place.kind == "header":
        return replace(request, headers=_headers(request.headers, place, how, value))
    if place.kind == "query":
        path, mark, query = request.target.partition("?")
        return replace(request, target=f"{path}?{_pairs(query, bool(mark), place, how, value)}".removesuffix("?"))
    if body is None or is_encoded(request.headers) or multipart_boundary(request.headers):
        raise NoSuchPlace(str(place))
    if place.kind == "form" and is_form(request.headers):
        return replace(request, body=Body.of(_pairs(body, bool(body), place, how, value).encode()))
    if place.kind == "json" and not is_form(request.headers):
        return replace(request, body=Body(text=_json(body, place, how, value)))
    raise NoSuchPlace(str(place))


def _headers(headers: tuple[tuple[str, str], ...], place: Place, how: How, value: Any) -> tuple[tuple[str, str], ...]:
    at = [index for index, (name, _) in enumerate(headers) if name.lower() == place.name.lower()]
    new = (place.name, header_text(as_text(value)))
    _check(place, how, len(at))
    if how == "drop":
        return headers[: at[0]] + headers[at[0] + 1 :]
    return (*headers[: at[0] + 1], new, *headers[at[0] + 1 :]) if at else (*headers, new)


def _pairs(text: str, has_any: bool, place: Place, how: How, value: Any) -> str:
    """The 'a=1&b=2' with that pair gone, another one of its name behind it, or a new one at the end."""
    pairs = text.split("&") if has_any else []
    at = [index for index, pair in enumerate(pairs) if unescape(pair.partition("=")[0], plus=True) == place.name]
    _check(place, how, len(at))
    if how == "drop":
        del pairs[at[0]]
    else:
        new = f"{escape_query(place.name)}={escape_query(as_text(value))}"
        pairs.insert(at[0] + 1 if at else len(pairs), new)
    return "&".join(pairs)


def _json(text: str, place: Place, how: How, value: Any) -> str:
    if not place.path or not isinstance(place.path[-1], str):
        raise NoSuchPlace(str(place))
    key = place.path[-1]
    try:
        begins, entries = jsontext.entries(text, place.path[:-1])
    except LookupError:
        raise NoSuchPlace(str(place)) from None
    at = [index for index, entry in enumerate(entries) if entry.key == key]
    _check(place, how, len(at))
    if how == "drop":
        return _without(text, entries, at[0])
    new = f"{jsontext.literal(key)}:{jsontext.literal(value)}"
    if how == "double":  # before the recorded one: the last of a name is what `json:` places mean
        return text[: entries[at[0]].start] + new + "," + text[entries[at[0]].start :]
    return (
        text[: entries[-1].end] + "," + new + text[entries[-1].end :]
        if entries
        else text[:begins] + new + text[begins:]
    )


def _without(text: str, entries: list[jsontext.Entry], at: int) -> str:
    """Without the entry, and the comma that parted it from its neighbour."""
    if at + 1 < len(entries):
        return text[: entries[at].start] + text[entries[at + 1].start :]
    start = entries[at - 1].end if at else entries[at].start
    return text[:start] + text[entries[at].end :]


def _check(place: Place, how: How, found: int) -> None:
    """An entry that is dropped or doubled stands there, once; a new one does not."""
    if place.nth or found != (how != "add"):
        raise NoSuchPlace(str(place))
