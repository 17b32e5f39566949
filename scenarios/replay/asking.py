"""The options of `foreshock replay` as they are typed; `options` says what they are together."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from foreshock.duration import parse_duration_s
from replayer.traffic.looping import Loop
from replayer.traffic.slicing import Between
from scenarios.replay.order import Address

Command = TypeVar("Command", bound=Callable[..., Any])
Parsed = TypeVar("Parsed")

LOCUST_PORT = 5557  # of its master

_FAILURES = ("timeout", "reset", "cut", "refused")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def replay_options(command: Command) -> Command:
    """Gives a command all of them; it takes them as keyword arguments, for `order_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _by(parse: Callable[[str], Parsed]) -> Callable[[click.Context, click.Parameter, str | None], Parsed | None]:
    """A callback of click that parses one value; what the parser refuses is said with the option's name."""

    def callback(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Parsed | None:
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _between(_context: click.Context, _parameter: click.Parameter, ends: tuple[str, str] | None) -> Between | None:
    try:
        return Between.parse(*ends) if ends else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _retried(_context: click.Context, _parameter: click.Parameter, said: tuple[str, ...]) -> tuple[str | int, ...]:
    for each in said:
        if each not in _FAILURES and not re.fullmatch(r"[1-5]\d\d", each):
            raise click.BadParameter(f"expected {', '.join(_FAILURES)} or a status such as 503, got {each!r}")
    return tuple(int(each) if each.isdecimal() else each for each in said)


def _some_time(text: str) -> float:
    seconds = parse_duration_s(text)
    if not seconds:
        raise ValueError(f"expected more than {text}")
    return seconds


def _share(text: str) -> float:
    number = text.removesuffix("%")
    try:
        share = float(number) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"expected a share such as '99%' or '0.99', got {text!r}")
    return share


def _comma(_context: click.Context, _parameter: click.Parameter, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for each in said for name in each.split(",") if name)


def address(text: str) -> Address:
    """'HOST:PORT', or 'HOST' for Locust's own port. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    host, port = (host, port) if colon else (text, str(LOCUST_PORT))
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"expected HOST:PORT, such as 0.0.0.0:{LOCUST_PORT}, got {text!r}")
    return host, int(port)


_duration = _by(parse_duration_s)

_OPTIONS = (
    click.option("--target", required=True, metavar="URL", help="Where the traffic goes: the system to be tried."),
    click.option(
        "--allow", multiple=True, metavar="HOST", help="A host that may be sent traffic. Loopback always may be."
    ),
    click.option(
        "--between",
        nargs=2,
        metavar="T1 T2",
        callback=_between,
        help="Only what started then: seconds from the first request (90, 5m), or times (2026-11-23T10:00:00Z). '-' is "
        "an open end.",
    ),
    click.option(
        "--sessions", multiple=True, callback=_comma, metavar="ID[,ID]", help="Only these sessions, as recorded."
    ),
    click.option(
        "--only", multiple=True, metavar="ROUTE", help="Only routes that fit: 'GET *', 'POST /orders*', '/orders/{id}'."
    ),
    click.option("--except", "except_", multiple=True, metavar="ROUTE", help="All routes but those that fit."),
    click.option(
        "--speed", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="So many times as fast."
    ),
    click.option(
        "--rate",
        type=click.FloatRange(min=0, min_open=True),
        metavar="R",
        help="So many requests a second on average; bursts stay bursts.",
    ),
    click.option(
        "--scale", type=click.IntRange(1, 1000), default=1, show_default=True, help="Every session so many times."
    ),
    click.option(
        "--loop", callback=_by(Loop.parse), metavar="N|DURATION", help="Again and again, each round of new clients."
    ),
    click.option(
        "--max-in-flight", type=click.IntRange(min=1), metavar="N", help="Requests on the wire at once, at most."
    ),
    click.option("--timeout", callback=_by(_some_time), metavar="DURATION", help="Of each attempt.  [default: 10s]"),
    click.option(
        "--late",
        callback=_duration,
        metavar="DURATION",
        help="If we send 1 in 100 requests later than that, nothing is concluded.  [default: 100ms]",
    ),
    click.option(
        "--scenario",
        type=_FILE,
        metavar="FILE",
        help="Fill requests as this scenario says: its identities, map, auth and shift_dates.",
    ),
    click.option("--no-bindings", is_flag=True, help="Send every value as recorded."),
    click.option(
        "--retry", type=click.Choice(["none", "fixed", "exponential"]), help="As clients do.  [default: none]"
    ),
    click.option("--retry-attempts", type=click.IntRange(min=1), metavar="N", help="In all.  [default: 3]"),
    click.option(
        "--retry-pause", callback=_duration, metavar="DURATION", help="Before the second one.  [default: 100ms]"
    ),
    click.option("--retry-most", callback=_duration, metavar="DURATION", help="The longest pause.  [default: 10s]"),
    click.option(
        "--retry-on",
        multiple=True,
        callback=_retried,
        metavar="WHAT",
        help="timeout, reset, cut, refused, or a status.  [default: all of these, 429, 502, 503, 504]",
    ),
    click.option("--retry-unsafe", is_flag=True, help="POST and PATCH too, whose repetition may do the thing twice."),
    click.option(
        "--retry-budget",
        type=click.FloatRange(min=0),
        metavar="SHARE",
        help="Retries for each request sent, at most.  [default: 1]",
    ),
    click.option("--redeliver", is_flag=True, help="Send once more what went out whole and was not answered."),
    click.option(
        "--same",
        default="99%",
        show_default=True,
        callback=_by(_share),
        metavar="SHARE",
        help="Exit 1 if fewer answers than that are as recorded.",
    ),
    click.option(
        "--masks", type=_FILE, metavar="FILE", help="Compare whole answers, but for what these masks let pass."
    ),
    click.option(
        "--learn-masks",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Learn from this calm replay what of the answers differs anyway.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 1000),
        metavar="N",
        help="Send from N workers that Locust holds together, each with whole sessions; started here unless --master.",
    ),
    click.option(
        "--master",
        callback=_by(address),
        metavar="HOST[:PORT]",
        help="Where to wait for the workers: `foreshock worker` on other machines.  [port: 5557]",
    ),
    click.option("--web", callback=_by(address), metavar="HOST:PORT", help="Show Locust's page there meanwhile."),
    click.option(
        "--locust-csv",
        type=click.Path(path_type=Path),
        metavar="PREFIX",
        help="Write Locust's CSV files: PREFIX_stats.csv and so on.",
    ),
    click.option(
        "--locust-html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write Locust's report."
    ),
    click.option("--ca", type=_FILE, help="Who may have signed the target's certificate, in PEM."),
    click.option("--client-cert", type=_FILE, help="What the target gets if it asks for a certificate, in PEM."),
    click.option("--client-key", type=_FILE, help="Its key, where it is not in the same file."),
    click.option("--insecure", is_flag=True, help="Do not check the target's certificate."),
    click.option(
        "--encrypt-key",
        type=_FILE,
        metavar="FILE",
        help="The key of a sealed recording.  [default: FORESHOCK_ENCRYPT_KEY]",
    ),
)
