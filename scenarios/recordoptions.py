"""The options of `foreshock record` that say what is kept, how much of it, and what is heard beside the traffic."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
import msgspec

from foreshock.duration import parse_duration_s
from foreshock.size import parse_bytes
from recorder.filter import Filter, Pattern
from recorder.keeping import Keeping
from recorder.listen.beside import Sources
from recorder.ring import Rotation
from recorder.sampling import Share
from recorder.session import Rule
from recorder.sessionkey import SessionKey

Command = TypeVar("Command", bound=Callable[..., Any])
Parsed = TypeVar("Parsed")


class Storing(msgspec.Struct, frozen=True, kw_only=True):
    recorder: str
    encrypt_key_file: Path | None
    keeping: Keeping
    sources: Sources


def storing_options(command: Command) -> Command:
    """Gives a command all of them; it takes them as keyword arguments, for `storing`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def importing_options(command: Command) -> Command:
    """Gives a command those that hold for what others recorded, too."""
    for option in reversed(_OF_IMPORTS_TOO):
        command = option(command)
    return command


def storing(
    *,
    recorder: str,
    encrypt_key: Path | None,
    include: tuple[Pattern, ...],
    exclude: tuple[Pattern, ...],
    sample: Share,
    session_key: SessionKey | None,
    trusted_hops: int | None,
    rotate: int,
    rotate_every: float,
    keep: int | None,
    keep_segments: int | None,
    min_free: int,
    logs: tuple[Path, ...],
    metrics: tuple[str, ...],
    health: tuple[str, ...],
    docker: tuple[str, ...],
    journal: tuple[str, ...],
    otlp: tuple[str, int] | None,
    statsd: tuple[str, int] | None,
) -> Storing:
    """What the options say together."""
    rotation = Rotation(segment_bytes=rotate, every_s=rotate_every, keep_bytes=keep, keep_segments=keep_segments)
    return Storing(
        recorder=recorder,
        encrypt_key_file=encrypt_key,
        keeping=Keeping(
            filter=Filter(include=include, exclude=exclude),
            share=sample,
            rule=Rule(key=session_key, trusted_hops=trusted_hops),
            rotation=rotation,
            min_free_bytes=min_free,
        ),
        sources=Sources(
            logs=logs, metrics=metrics, health=health, docker=docker, journal=journal, otlp=otlp, statsd=statsd
        ),
    )


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


def _each_by(
    parse: Callable[[str], Parsed],
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[Parsed, ...]]:
    """The same for an option that may be repeated."""

    def callback(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[Parsed, ...]:
        try:
            return tuple(parse(text) for text in texts)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _some_bytes(text: str) -> int:
    count = parse_bytes(text)
    if count < 1:
        raise ValueError(f"expected more than no bytes, such as '64MB', got {text!r}")
    return count


def _some_seconds(text: str) -> float:
    seconds = parse_duration_s(text)
    if seconds <= 0:
        raise ValueError(f"expected more than no time, such as '1h', got {text!r}")
    return seconds


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected a URL such as http://127.0.0.1:9090/metrics, got {text!r}")
    return text


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise ValueError(f"expected HOST:PORT to listen on, such as 127.0.0.1:4318, got {text!r}")
    return host, int(port)


_OF_IMPORTS_TOO = (
    click.option(
        "--encrypt-key",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Seal the recording with the key in this file. To read it: FORESHOCK_ENCRYPT_KEY=FILE.",
    ),
    click.option(
        "--include",
        multiple=True,
        callback=_each_by(Pattern.parse),
        metavar="PATTERN",
        help="Keep only what fits: METHOD, /PATH with * and {x}, host=HOST, status=404 or 5xx; 'POST /orders*'.",
    ),
    click.option(
        "--exclude", multiple=True, callback=_each_by(Pattern.parse), metavar="PATTERN", help="Keep all but what fits."
    ),
    click.option(
        "--session-key",
        callback=_by(SessionKey.parse),
        metavar="KEY",
        help="What tells a client: header:NAME, cookie:NAME, or a bearer JWT's claim as token:$.sub.",
    ),
    click.option(
        "--trusted-hops",
        type=click.IntRange(min=0),
        metavar="N",
        help="Load balancers before us that add to X-Forwarded-For; 0: it is not believed.  [default: its first entry]",
    ),
)

_OPTIONS = (
    *_OF_IMPORTS_TOO,
    click.option(
        "--recorder",
        default="",
        metavar="ID",
        help="Record as one of several into one folder: ID is this one's, such as web-1. All need the same --key-file.",
    ),
    click.option(
        "--sample",
        default="100%",
        show_default=True,
        callback=_by(Share.parse),
        metavar="SHARE",
        help="Keep that share of the sessions, each of them whole.",
    ),
    click.option(
        "--rotate",
        default="64MB",
        show_default=True,
        callback=_by(_some_bytes),
        metavar="SIZE",
        help="Begin a new segment after that, compressed.",
    ),
    click.option(
        "--rotate-every",
        default="1h",
        show_default=True,
        callback=_by(_some_seconds),
        metavar="DURATION",
        help="Begin a new segment after that.",
    ),
    click.option(
        "--keep",
        callback=_by(_some_bytes),
        metavar="SIZE",
        help="Remove the oldest segments beyond that, such as 10GB. They are counted.  [default: keep all]",
    ),
    click.option(
        "--keep-segments", type=click.IntRange(min=1), metavar="N", help="Remove the oldest segments beyond that many."
    ),
    click.option(
        "--min-free",
        default="1GB",
        show_default=True,
        callback=_by(parse_bytes),
        metavar="SIZE",
        help="Leave that free on the disk: below it nothing is written, and all is counted.",
    ),
    click.option(
        "--logs",
        multiple=True,
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Follow this log, as tail -F does. Lines are kept as templates, without what varies.",
    ),
    click.option("--metrics", multiple=True, callback=_each_by(_url), metavar="URL", help="Scrape this every second."),
    click.option("--health", multiple=True, callback=_each_by(_url), metavar="URL", help="Ask this every second."),
    click.option(
        "--docker", multiple=True, metavar="CONTAINER", help="Follow what this container writes, by `docker logs`."
    ),
    click.option(
        "--journal", multiple=True, metavar="UNIT", help="Follow what this systemd unit writes, by `journalctl`."
    ),
    click.option(
        "--otlp",
        callback=_by(_address),
        metavar="HOST:PORT",
        help="Receive OpenTelemetry's logs, metrics and spans here, over HTTP; 127.0.0.1:4318 is the usual address.",
    ),
    click.option(
        "--statsd",
        callback=_by(_address),
        metavar="HOST:PORT",
        help="Receive StatsD's metrics here, over UDP; 127.0.0.1:8125 is the usual address.",
    ),
)
