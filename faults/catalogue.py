"""The catalogue of production failures: each kind, its arguments (units in their names), and the toxics it becomes.

A kind is a function whose docstring names the incident it imitates. `KINDS` lists them with their limits and with the
magnitudes a search tries; `compile_fault` turns a fault into toxics, or into `Down`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import msgspec

from faults.course import Down
from faults.fault import Fault
from faults.toxic import DAY_MS, Toxic

Compiled = tuple[Toxic, ...] | Down


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """A whole number from `low` to `high`; required where `default` is None."""

    name: str
    low: int
    high: int
    default: int | None = None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """`examples` are the magnitudes a search tries, mildest first; empty for `toxic`, which a search leaves alone."""

    name: str
    compile: Callable[..., Compiled]  # (name, **arguments); `name` starts the names of its toxics
    examples: tuple[dict[str, Any], ...]
    arguments: tuple[Argument, ...] = ()

    @property
    def story(self) -> str:
        """What it does, and the incident it imitates."""
        return self.compile.__doc__ or ""


def _slow(name: str, *, latency_ms: int, jitter_ms: int = 0) -> Compiled:
    """Answers come late, give or take the jitter.

    The database whose plan flipped, the dependency in the other region: everything works, and every caller's timeout,
    retry and pool is tested.
    """
    return (Toxic(name=name, type="latency", attributes={"latency": latency_ms, "jitter": jitter_ms}),)


def _stall(name: str) -> Compiled:
    """Connections are accepted, then silence in both directions; when it ends they are closed.

    The process that is stopped in a long collection, the firewall that lost its state table: no error ever comes, only
    the caller's own timeout ends it.
    """
    silent = {"timeout": 0}
    return (
        Toxic(name=f"{name}:up", type="timeout", stream="upstream", attributes=silent),
        Toxic(name=f"{name}:down", type="timeout", stream="downstream", attributes=silent),
    )


def _lost_reply(name: str) -> Compiled:
    """The request arrives and is worked on; its answer never comes. When it ends the connections are closed.

    The classic of a charged card: the payment was made, the caller saw a timeout, and tried again.
    """
    return (Toxic(name=name, type="timeout", stream="downstream", attributes={"timeout": 0}),)


def _cut_reply(name: str, *, after_bytes: int) -> Compiled:
    """The request arrives and is worked on; its answer breaks off after so many bytes of the connection.

    The proxy that is redeployed in the middle of a response, the upstream killed for memory: half a body with the
    status line of success.
    """
    return (Toxic(name=name, type="limit_data", stream="downstream", attributes={"bytes": after_bytes}),)


def _reset(name: str) -> Compiled:
    """The request arrives and is worked on; instead of the answer the connection is reset (RST).

    The load balancer that forgot an idle connection, the peer that crashed after its commit: an error at once, and
    nothing in it says whether the work was done.
    """
    return (Toxic(name=name, type="reset_peer", stream="downstream", attributes={"timeout": 0}),)


def _down(name: str) -> Compiled:
    """Connections are refused, and those that were open are closed.

    The dependency in a restart: the one failure that everybody tests, and the only one that is certain not to have
    done the work.
    """
    return Down()


def _toxic(
    name: str,
    *,
    type: str,  # Toxiproxy's own word
    stream: str = "downstream",
    attributes: Mapping[str, int] | None = None,
    toxicity: float = 1.0,
) -> Compiled:
    """One Toxiproxy toxic, verbatim, for what has no name here yet."""
    return (Toxic(name=name, type=type, stream=stream, attributes=dict(attributes or {}), toxicity=toxicity),)  # type: ignore[arg-type]  # checked there


_VERBATIM = ("type", "stream", "attributes", "toxicity")

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                name="slow",
                compile=_slow,
                arguments=(
                    Argument(name="latency_ms", low=1, high=DAY_MS),
                    Argument(name="jitter_ms", low=0, high=DAY_MS, default=0),
                ),
                examples=({"latency_ms": 50}, {"latency_ms": 300}, {"latency_ms": 1500}),
            ),
            Kind(name="stall", compile=_stall, examples=({},)),
            Kind(name="lost_reply", compile=_lost_reply, examples=({},)),
            Kind(
                name="cut_reply",
                compile=_cut_reply,
                arguments=(Argument(name="after_bytes", low=0, high=1 << 30),),
                examples=({"after_bytes": 200}, {"after_bytes": 60}, {"after_bytes": 1}),
            ),
            Kind(name="reset", compile=_reset, examples=({},)),
            Kind(name="down", compile=_down, examples=({},)),
            Kind(name="toxic", compile=_toxic, examples=()),
        )
    }
)


def compile_fault(fault: Fault) -> Compiled:
    """The toxics of `fault`, or `Down`. Raises ValueError naming the fault and what is allowed.

    Toxics are named after the fault's id, quoted, so that no two faults' names meet on one link.
    """
    kind = KINDS.get(fault.kind)
    if kind is None:
        raise ValueError(f"fault {fault.id!r}: kind={fault.kind!r}: expected one of {', '.join(KINDS)}")
    try:
        _check_arguments(kind, fault.args)
        return kind.compile(quote(fault.id, safe=" @"), **fault.args)
    except ValueError as error:
        raise ValueError(f"fault {fault.id!r}: {kind.name}: {error}") from None


def _check_arguments(kind: Kind, args: Mapping[str, Any]) -> None:
    names = _VERBATIM if kind.name == "toxic" else tuple(argument.name for argument in kind.arguments)
    for name in args:
        if name not in names:
            raise ValueError(f"{name}: expected {', '.join(names) or 'no arguments'}")
    if kind.name == "toxic":
        _check_verbatim(args)
    for argument in kind.arguments:
        _check_argument(argument, args.get(argument.name, argument.default))


def _check_verbatim(args: Mapping[str, Any]) -> None:
    if "type" not in args:
        raise ValueError("type: expected the toxic's type")
    if not isinstance(args.get("attributes", {}), Mapping):
        raise ValueError(f"attributes={args['attributes']!r}: expected names with whole numbers")


def _check_argument(argument: Argument, value: Any) -> None:
    allowed = f"expected a whole number from {argument.low} to {argument.high}"
    if value is None:
        raise ValueError(f"{argument.name}: {allowed}")
    if isinstance(value, bool) or not isinstance(value, int) or not argument.low <= value <= argument.high:
        raise ValueError(f"{argument.name}={value!r}: {allowed}")
