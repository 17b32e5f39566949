"""Toxics from what the API was asked for, checked before anything is changed."""

from collections.abc import Collection, Mapping, Sequence

from faults.embedded.decoding import BadBody, ToxicBody, read_attributes
from faults.embedded.refusal import ApiError
from faults.embedded.toxics import LiveToxic, defaults, what_is_wrong
from faults.toxic import ATTRIBUTES


def toxic_from(asked: ToxicBody, taken: Collection[str], seed: int, proxy: str) -> LiveToxic:
    """A toxic of the `proxy` whose others are called `taken`. Raises ApiError, BadBody; checks in Toxiproxy's order."""
    if asked.stream.lower() not in ("upstream", "downstream"):
        raise ApiError(400, "stream was invalid, can be either upstream or downstream")
    if asked.type not in ATTRIBUTES:
        raise ApiError(400, "invalid toxic type")
    name = asked.name or f"{asked.type}_{asked.stream}"
    if "/" in name or name in (".", ".."):  # clients take these out of a path
        raise ApiError(400, "toxic name was invalid, can't contain '/' or be '.' or '..'")
    if name in taken:
        raise ApiError(409, "toxic already exists")
    attributes = defaults(asked.type, read_attributes(asked.type, asked.attributes))
    check_attributes(asked.type, attributes)
    return LiveToxic(
        name=name,
        type=asked.type,
        stream=asked.stream,
        toxicity=1.0 if asked.toxicity is None else asked.toxicity,
        attributes=attributes,
        seed=seed,
        proxy=proxy,
        ttl_ms=asked.ttl,
        connections=tuple(asked.connections),
    )


def toxics_from(asked: Sequence[ToxicBody], seed: int, proxy: str, where: str = "") -> list[LiveToxic]:
    """Those of a new `proxy`. Raises ApiError with the number of the one that is wrong and `where` that is."""
    made: list[LiveToxic] = []
    for number, one in enumerate(asked, 1):
        try:
            made.append(toxic_from(one, [toxic.name for toxic in made], seed, proxy))
        except ApiError as error:
            raise ApiError(error.status, f"{error} at toxic {number}{where}") from None
        except BadBody as error:
            raise BadBody(f"{error} at toxic {number}{where}") from None
    return made


def check_attributes(toxic_type: str, attributes: Mapping[str, int]) -> None:
    """Raises ApiError if a toxic can't work with them, all of them given."""
    wrong = what_is_wrong(toxic_type, attributes)
    if wrong is not None:
        raise ApiError(400, wrong)
