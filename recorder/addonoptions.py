"""The options of the add-on in a stock mitmproxy, and what they say together."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from foreshock.duration import parse_duration_s
from foreshock.errors import UsageError
from foreshock.size import parse_bytes
from recorder.filter import Filter
from recorder.keeping import Keeping
from recorder.listen.beside import Sources
from recorder.ring import Rotation
from recorder.sampling import Share
from recorder.session import Rule
from recorder.sessionkey import SessionKey

BODY_CAP_BYTES = 4 << 20

Parsed = TypeVar("Parsed")


class Option(NamedTuple):
    """As mitmproxy's loader takes it. Sequences are set by repeating `--set`."""

    name: str
    type: Any
    default: object
    help: str


OPTIONS = (
    Option("foreshock_out", str, "", "The recording to make, a folder NAME.rec that is not there yet. Empty ends it."),
    Option("foreshock_key_file", str, "", "Key of the pseudonyms; random if not given."),
    Option("foreshock_policy", str, "", "What is redacted, as YAML."),
    Option("foreshock_strict", bool, False, "Pseudonymise everything that the policy does not keep."),
    Option("foreshock_encrypt_key", str, "", "Seal the recording with the key in this file."),
    Option("foreshock_recorder", str, "", "Record as one of several into one folder: the id of this one."),
    Option("foreshock_body_cap", int, BODY_CAP_BYTES, "Bytes of a body that are kept."),
    Option("foreshock_include", Sequence[str], [], "Keep only what fits one of these patterns."),
    Option("foreshock_exclude", Sequence[str], [], "Keep all but what fits one of these patterns."),
    Option("foreshock_sample", str, "100%", "Keep that share of the sessions, each of them whole."),
    Option("foreshock_session_key", str, "", "What tells a client: header:NAME, cookie:NAME or token:$.sub."),
    Option("foreshock_trusted_hops", int, -1, "Load balancers that add to X-Forwarded-For; -1: its first entry."),
    Option("foreshock_rotate", str, "64MB", "Begin a new segment after that, compressed."),
    Option("foreshock_rotate_every", str, "1h", "Begin a new segment after that."),
    Option("foreshock_keep", str, "", "Remove the oldest segments beyond that size; empty: keep all."),
    Option("foreshock_keep_segments", int, 0, "Remove the oldest segments beyond that many; 0: keep all."),
    Option("foreshock_min_free", str, "1GB", "Leave that free on the disk."),
    Option("foreshock_logs", Sequence[str], [], "Follow these logs."),
    Option("foreshock_metrics", Sequence[str], [], "Scrape these URLs every second."),
    Option("foreshock_health", Sequence[str], [], "Ask these URLs every second."),
)


class StockOrder(NamedTuple):
    """What is to be recorded, where mitmproxy says how it comes."""

    out: Path
    key_file: Path | None
    policy_file: Path | None
    strict: bool
    encrypt_key_file: Path | None
    recorder: str
    keeping: Keeping
    sources: Sources


def order_of(value_of: Callable[[str], Any]) -> StockOrder:
    """Of the values of the options by their names. UsageError naming the option, and what is allowed."""

    def of(name: str) -> Any:
        return value_of(f"foreshock_{name}")

    def file(name: str) -> Path | None:
        return Path(of(name)).expanduser() if of(name) else None

    if of("recorder") and not of("key_file"):
        raise UsageError(
            f"foreshock_recorder={of('recorder')}: several recorders know each other's sessions by one key file; "
            "set foreshock_key_file"
        )
    return StockOrder(
        out=Path(of("out")).expanduser(),
        key_file=file("key_file"),
        policy_file=file("policy"),
        strict=of("strict"),
        encrypt_key_file=file("encrypt_key"),
        recorder=of("recorder"),
        keeping=_keeping(of),
        sources=Sources(
            logs=tuple(Path(each).expanduser() for each in of("logs")),
            metrics=tuple(of("metrics")),
            health=tuple(of("health")),
        ),
    )


def _keeping(of: Callable[[str], Any]) -> Keeping:
    def parsed(name: str, parse: Callable[[str], Parsed]) -> Parsed:
        try:
            return parse(of(name))
        except ValueError as error:
            raise UsageError(f"foreshock_{name}={of(name)!r}: {error}") from None

    def patterns(name: str) -> Filter:
        return parsed(name, lambda _: Filter.parse(**{name: of(name)}))

    hops = of("trusted_hops")
    return Keeping(
        filter=Filter(include=patterns("include").include, exclude=patterns("exclude").exclude),
        share=parsed("sample", Share.parse),
        rule=Rule(
            key=parsed("session_key", SessionKey.parse) if of("session_key") else None,
            trusted_hops=hops if hops >= 0 else None,
        ),
        rotation=Rotation(
            segment_bytes=parsed("rotate", parse_bytes),
            every_s=parsed("rotate_every", parse_duration_s),
            keep_bytes=parsed("keep", parse_bytes) if of("keep") else None,
            keep_segments=of("keep_segments") or None,
        ),
        body_cap_bytes=of("body_cap"),
        min_free_bytes=parsed("min_free", parse_bytes),
    )
