"""A recording redacted once more, into another: under a stricter policy, another key, or a newer Foreshock."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from recorder.exchange import header
from recorder.key import read_key
from recorder.listen.redacted import redacted_signal
from recorder.manifest import Counts
from recorder.policy import Policy
from recorder.privacy.policyfile import policy_of
from recorder.recording import Recording, RecordingWriter
from recorder.redact import Redactor
from recorder.sealed import key_of_environment


def run_redact(
    source: Path,
    out: Path,
    *,
    key_file: Path | None,
    policy_file: Path | None,
    strict: bool,
    say: Callable[[str], object],
) -> int:
    """`foreshock redact`: says what became of the exchanges, and what could not be read. 0."""
    policy = policy_of(policy_file, strict=strict)
    counts = rewrite(source, out, key=read_key(key_file), policy=policy, on_tear=say)
    say(f"redacted {source} into {out}: {counts}")
    return 0


def rewrite(
    source: Path, out: Path, *, key: bytes, policy: Policy, on_tear: Callable[[str], object] = lambda _: None
) -> Counts:
    """Writes `out` with the exchanges and signals of `source`, redacted; what `out` holds in the end.

    Sessions keep their names, the clock its anchor; what the source lost stays lost by its reasons, and what was sealed
    is sealed again, under its key. `on_tear` is told in sentences what of the source could not be read. UsageError if
    `source` is no recording or `out` is there.
    """
    recording = Recording.open(source)
    redactor = Redactor(key, policy)
    manifest = recording.manifest
    with RecordingWriter(
        out,
        upstream=manifest.upstream,  # as capture says it: runs must know whom they may not have as their target
        anchor=manifest.anchor,
        redaction=redactor.redaction,
        session_rule=manifest.session_rule,
        tools=manifest.tools,
        encrypt_key=key_of_environment() if manifest.sealed else None,
    ) as writer:
        copied = _copy(recording, redactor, writer)
        if not copied.hosts_hidden:
            writer.note_hosts(manifest.hosts)
        if manifest.counts.stored > copied.exchanges:
            writer.drop("could not be read from the recording before", manifest.counts.stored - copied.exchanges)
        writer.withhold(manifest.counts.bodies_withheld)
        if manifest.end_unknown or not manifest.closed:
            writer.leave_end_unknown()
        for _ in range(manifest.counts.sampled_out):
            writer.sample_out()
        for _ in range(manifest.counts.excluded):
            writer.exclude()
        if manifest.counts.rotated_out:
            writer.drop("rotated out of the recording before", manifest.counts.rotated_out)
        for reason, count in manifest.counts.dropped.items():
            writer.drop(reason, count)
        for what, tally in manifest.passed.items():
            for host, count in tally.by_host.items():
                writer.pass_by(what, host, count)
            writer.pass_by(what, "", tally.unlisted)
    for tear in recording.tears:
        on_tear(tear)
    return writer.counts


class _Copied(NamedTuple):
    exchanges: int
    hosts_hidden: bool  # the policy changed a Host header: then the manifest may not say the hosts either


def _copy(recording: Recording, redactor: Redactor, writer: RecordingWriter) -> _Copied:
    count, hidden = 0, False
    for exchange in recording.exchanges():
        before = redactor.bodies_withheld
        redacted = redactor.exchange(exchange)
        writer.write(redacted, bodies_withheld=redactor.bodies_withheld - before)
        writer.tick()
        count += 1
        hidden = hidden or header(redacted.request.headers, "host") != header(exchange.request.headers, "host")
    for signal in recording.signals():
        writer.hear(redacted_signal(signal, redactor.text))
    return _Copied(count, hidden)
