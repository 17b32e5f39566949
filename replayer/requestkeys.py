"""What a client says of a request to tell it from its others: idempotency keys and what goes by other names for them.

A logical request keeps them however often it is sent; one that is made anew has its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from replayer.place import Leaf, Place, parse_place
from replayer.places import request_leaves, write_request
from replayer.step import Request, Step
from replayer.traffic.renaming import alike

# In letters alone: 'Idempotency-Key', 'idempotency_key' and 'idempotencyKey' are one name, and so is 'X-...' of each.
_NAMES = frozenset({
    "clientmutationid", "clientrequestid", "clientrequesttoken", "clienttoken", "correlationid", "deduplicationid",
    "deduplicationkey", "dedupkey", "idempotenceid", "idempotencekey", "idempotencyid", "idempotencykey",
    "idempotencytoken", "messagededuplicationid", "nonce", "paypalrequestid", "requestid", "requesttoken",
})  # fmt: skip
_NO_LETTER = re.compile(r"[^a-z]")


def renewed(step: Step, mark: str) -> tuple[Request, tuple[str, ...]]:
    """The step's request with keys of its own, alike in look and the same for the same `mark`, and where they stand.

    Of keys that an answer gives the next one is the system's to say: they stay bound.
    """
    request = step.request
    places = []
    for leaf in _keys(step):
        request = write_request(request, str(leaf.place), alike(leaf.value, mark))
        places.append(str(leaf.place))
    return request, tuple(places)


def _keys(step: Step) -> Iterator[Leaf]:
    bound = [parse_place(binding.into) for binding in step.bindings]
    for leaf in request_leaves(step.request):
        is_key = isinstance(leaf.value, str) and leaf.value and _named_so(leaf.place)
        if is_key and not any(place.same(leaf.place) for place in bound):
            yield leaf


def _named_so(place: Place) -> bool:
    if place.kind in ("path", "cookie"):
        return False
    name = str(place.path[-1]) if place.path else place.name
    letters = _NO_LETTER.sub("", name.lower())
    return letters in _NAMES or letters.removeprefix("x") in _NAMES
