"""The command line. Each command is a page of options over a function of its room; nothing is decided here.

Exit codes: 0 clean, 1 findings, 2 usage, 3 our own or the environment's failure; 130 and 143 after Ctrl-C and SIGTERM,
141 where nobody reads our output any more.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from faults.engine import Choice
from foreshock import __version__
from foreshock.duration import parse_duration_s
from foreshock.errors import ForeshockError, HarnessError
from recorder.filter import Filter, Pattern
from recorder.formats.names import EXPORTED, IMPORTED
from recorder.session import Rule
from recorder.sessionkey import SessionKey
from scenarios.interrupt import Interrupted, ReaderGone
from scenarios.recordoptions import importing_options, storing, storing_options
from scenarios.replay.arguments import Remembered, arguments_of
from scenarios.replay.asking import address, replay_options
from scenarios.replay.options import order_of

ENGINES = click.Choice(["auto", "toxiproxy", "embedded"])
_engine = click.option(
    "--engine",
    type=ENGINES,
    default="auto",
    show_default=True,
    help="Who makes the faults. auto: TOXIPROXY_URL, else toxiproxy-server on PATH or in .tools, else embedded.",
)
_SEEDS = click.IntRange(min=0, max=(1 << 63) - 1)  # what run.json and findings can hold
_FILE = click.Path(path_type=Path)
_runs = click.option(
    "--runs", type=click.Path(file_okay=False, path_type=Path), default=Path("runs"), help="Where run folders go."
)


def _seconds(_context: click.Context, _parameter: click.Parameter, text: str) -> float:
    try:
        return parse_duration_s(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _address(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, int]:
    try:
        return address(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="foreshock")
def cli() -> None:
    """What did the system know before its users did?

    Record production's traffic, replay it against staging, shake the network underneath, search for the states that
    should never have been possible.
    """


@cli.command()
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="[/PREFIX=]URL",
    help="The system whose traffic is recorded. Several: each with a prefix of the path, and one for the rest.",
)
@click.option(
    "--listen",
    "listens",
    multiple=True,
    default=("127.0.0.1:8080",),
    show_default=True,
    metavar="HOST:PORT[=URL]",
    help="Where clients connect; with a URL, what comes there goes to that system.",
)
@click.option(
    "--mode",
    default="reverse",
    show_default=True,
    help="reverse; or as clients are set up: regular (their HTTP proxy), socks5, transparent, local[:PROCESS], "
    "upstream:URL (the proxy behind us).",
)
@click.option(
    "--cert", type=_FILE, help="Certificate that clients get, in PEM: key and chain. Makes us listen with TLS."
)
@click.option("--ca", type=_FILE, help="Folder of mitmproxy's CA, made if it is not there; clients have to trust it.")
@click.option("--client-certs", type=_FILE, help="What upstreams that ask get: a PEM file, or a folder of HOST.pem.")
@click.option("--upstream-ca", type=_FILE, help="Who may have signed the upstreams' certificates, in PEM.")
@click.option("--ask-client-cert", is_flag=True, help="Ask clients for a certificate: it tells sessions apart.")
@click.option("--proxy-protocol", is_flag=True, help="Connections begin with the PROXY protocol; it is passed on.")
@click.option("--insecure-upstream", is_flag=True, help="Do not check the upstreams' certificates.")
@click.option(
    "--body-cap", type=click.IntRange(min=0), default=4 << 20, show_default=True, help="Bytes kept of a body."
)
@click.option(
    "--drain",
    "drain_s",
    default="10s",
    show_default=True,
    metavar="DURATION",
    callback=_seconds,
    help="How long the end waits for answers that are under way.",
)
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="NAME.rec", help="The recording."
)
@click.option("--key-file", type=click.Path(path_type=Path), help="Key of the pseudonyms; random if not given.")
@click.option("--policy", "policy_file", type=_FILE, metavar="FILE", help="What is redacted, as YAML; docs/privacy.md.")
@click.option("--strict", is_flag=True, help="Pseudonymise everything that the policy does not keep.")
@storing_options
def record(
    upstreams: tuple[str, ...],
    listens: tuple[str, ...],
    mode: str,
    cert: Path | None,
    ca: Path | None,
    client_certs: Path | None,
    upstream_ca: Path | None,
    ask_client_cert: bool,
    proxy_protocol: bool,
    insecure_upstream: bool,
    body_cap: int,
    drain_s: float,
    output: Path,
    key_file: Path | None,
    policy_file: Path | None,
    strict: bool,
    **stored: Any,
) -> int:
    """Record the traffic to a system, private at capture.

    SIGINT or SIGTERM ends it with a whole recording, after the answers under way; a second one ends it at once.
    """
    from recorder.order import Tls, order_of
    from recorder.privacy.policyfile import policy_of
    from recorder.record import run_recorder

    tls = Tls(cert, ca, client_certs, upstream_ca, insecure_upstream, ask_client_cert)
    order = order_of(
        mode=mode,
        upstreams=upstreams,
        listens=listens,
        tls=tls,
        body_cap_bytes=body_cap,
        drain_s=drain_s,
        proxy_protocol=proxy_protocol,
    )
    how = storing(**stored)
    return run_recorder(
        order,
        output,
        key_file=key_file,
        policy=policy_of(policy_file, strict=strict),
        recorder=how.recorder,
        encrypt_key_file=how.encrypt_key_file,
        keeping=how.keeping,
        sources=how.sources,
    )


@cli.command()
@click.argument("recording", type=click.Path(path_type=Path), metavar="NAME.rec")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="OTHER.rec", help="Made anew.")
@click.option("--key-file", type=click.Path(path_type=Path), help="Key of the pseudonyms; random if not given.")
@click.option("--policy", "policy_file", type=_FILE, metavar="FILE", help="What is redacted, as YAML; docs/privacy.md.")
@click.option("--strict", is_flag=True, help="Pseudonymise everything that the policy does not keep.")
def redact(recording: Path, out: Path, key_file: Path | None, policy_file: Path | None, strict: bool) -> int:
    """Redact a recording once more, into another: under a stricter policy, another key, a newer Foreshock."""
    from recorder.privacy.rewrite import run_redact

    return run_redact(recording, out, key_file=key_file, policy_file=policy_file, strict=strict, say=click.echo)


@cli.command()
@click.argument("recording", type=click.Path(path_type=Path), metavar="NAME.rec")
def scan(recording: Path) -> int:
    """Look for what escaped redaction, in every file of a recording. Exit 1 on any, 0 on none.

    Says place and kind, never the value. Stand-ins are told from what they stand for by a mark that they bear.
    """
    from recorder.privacy.scan import run_scan

    return run_scan(recording, click.echo)


@cli.command()
@click.argument("recording", type=click.Path(path_type=Path), metavar="NAME.rec")
def verify(recording: Path) -> int:
    """Prove that a recording accounts for every exchange seen. Exit 1 if anything is torn, altered or missing."""
    from scenarios.commands import verify_recording

    return verify_recording(recording, say=click.echo)


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="NAME.rec", help="The recording.")
@click.option("--format", "form", type=click.Choice(IMPORTED), help="Instead of what the content looks like.")
@click.option("--key-file", type=click.Path(path_type=Path), help="Key of the pseudonyms; random if not given.")
@click.option("--policy", "policy_file", type=_FILE, metavar="FILE", help="What is redacted, as YAML; docs/privacy.md.")
@click.option("--strict", is_flag=True, help="Pseudonymise everything that the policy does not keep.")
@click.option("--upstream", metavar="URL", help="The system that was recorded, where the file does not say it.")
@click.option("--keep-torn", is_flag=True, help="Of a file that breaks off, keep what stands before.")
@importing_options
def import_(
    file: Path,
    out: Path,
    form: str | None,
    key_file: Path | None,
    policy_file: Path | None,
    strict: bool,
    upstream: str | None,
    keep_torn: bool,
    encrypt_key: Path | None,
    include: tuple[Pattern, ...],
    exclude: tuple[Pattern, ...],
    session_key: SessionKey | None,
    trusted_hops: int | None,
) -> int:
    """Make a recording of what others recorded: HAR, mitmproxy flows, GoReplay, access logs, pcap.

    Redacted as at capture. Ends with what became of every exchange, and with what the file could not say. A file that
    breaks off, holds no exchange or is of none of the formats leaves nothing behind. docs/formats.md says more.
    """
    from recorder.formats.importing import Order, run_import
    from recorder.privacy.policyfile import policy_of

    order = Order(
        file=file,
        out=out,
        form=form,
        key_file=key_file,
        policy=policy_of(policy_file, strict=strict),
        encrypt_key_file=encrypt_key,
        filter=Filter(include=include, exclude=exclude),
        rule=Rule(key=session_key, trusted_hops=trusted_hops),
        upstream=upstream,
        keep_torn=keep_torn,
    )
    return run_import(order, say=click.echo, tell=_tell)


@cli.command()
@click.argument("recording", type=click.Path(path_type=Path), metavar="NAME.rec")
@click.option("--format", "form", required=True, type=click.Choice(EXPORTED), help="What to write.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Standard output if not given.")
def export(recording: Path, form: str, out: Path | None) -> int:
    """Write a recording for another tool, redacted as it is, and say what that tool's format could not hold."""
    from recorder.formats.exporting import run_export

    return run_export(recording, form, out, tell=_tell)


def _tell(line: str) -> None:
    click.echo(f"foreshock: {line}", err=True)


@cli.command()
@click.argument("recording", type=click.Path(path_type=Path), metavar="NAME.rec")
@click.option("--against", type=_FILE, metavar="OTHER.rec", help="Say what changed since that recording instead.")
@click.option(
    "--threshold",
    type=click.FloatRange(min=1),
    default=1.5,
    show_default=True,
    help="Smaller changes, in times either way, don't count.",
)
@click.option(
    "--fail-over",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Exit 1 if more changes than that count.",
)
@click.option("--html", type=_FILE, help="Where the page goes, instead of into the recording.")
def shape(recording: Path, against: Path | None, threshold: float, fail_over: int, html: Path | None) -> int:
    """Show what a recording's traffic looks like: arrivals, routes, fields, what is rare, links, states.

    Kept in the recording as shape.json and shape.html. With --against, what changed since another recording, kept as
    changes.html; exit 1 if more than --fail-over changes count. Of a sealed recording shape.json is sealed too, and a
    page is written only where --html says.
    """
    from scenarios.commands import show_changes, show_shape

    if against is None:
        return show_shape(recording, html=html)
    return show_changes(recording, against, threshold=threshold, fail_over=fail_over, html=html)


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path), metavar="SCENARIO.yaml", required=False)
@click.option("--recording", type=click.Path(path_type=Path), help="Instead of the scenario's.")
@click.option("--seed", type=_SEEDS, default=1, show_default=True, help="Of the search and the faults.")
@click.option("--executions", type=click.IntRange(min=1), help="Plans that the search runs, instead of the scenario's.")
@click.option("--resume", type=_FILE, metavar="RUN", help="Instead of a scenario: make small what a stopped run left.")
@_engine
@_runs
def run(
    scenario: Path | None,
    recording: Path | None,
    seed: int,
    executions: int | None,
    resume: Path | None,
    engine: Choice,
    runs: Path,
) -> int:
    """Replay calmly, shake, heal, explore, judge. Exit 0 clean, 1 findings, 2 usage, 3 our own failure.

    A run that is stopped keeps the smallest plan that it has found of each state, until then; --resume makes them
    smaller, without a new search.
    """
    from scenarios.commands import resume_run, run_scenario

    if (scenario is None) == (resume is None):
        raise click.UsageError("expected a scenario, or --resume with the folder of a stopped run, and not both")
    if resume is not None:
        return resume_run(resume, engine=engine, runs=runs)
    assert scenario is not None
    return run_scenario(scenario, recording=recording, seed=seed, executions=executions, engine=engine, runs=runs)


@cli.command(cls=Remembered)
@click.argument("source", type=click.Path(path_type=Path), metavar="NAME.rec|PLAN")
@replay_options
@click.option("--seed", type=_SEEDS, default=1, show_default=True, help="Of clones' starts and of pauses.")
@_runs
def replay(source: Path, runs: Path, **asked: Any) -> int:
    """Send a recording, or a plan's file, to another system on the recorded clock, and compare the answers.

    Exit 0 if they are as recorded, 1 if not, 3 if that cannot be said: nothing was sent or compared, or we were too
    late ourselves. Ctrl-C waits for the answers under way, and tells. docs/replaying.md says more.
    """
    from scenarios.replay.command import replay_traffic  # of what other commands need it has no use, and no time for it

    return replay_traffic(order_of(source, runs, arguments_of(click.get_current_context()), **asked))


@cli.command()
@click.option(
    "--master", required=True, callback=_address, metavar="HOST[:PORT]", help="Where `foreshock replay` waits."
)
def worker(master: tuple[str, int]) -> int:
    """Send a share of a replay from this machine: `foreshock replay ... --workers N --master HOST` elsewhere deals it.

    Waits for the master, does one replay, and ends; Ctrl-C ends it at once, and the replay is told incomplete.
    """
    from scenarios.commands import work_for

    return work_for(*master)


@cli.command()
@click.argument("finding", type=click.Path(path_type=Path), metavar="FINDING.yaml")
@click.option("--scenario", type=click.Path(path_type=Path), help="Instead of the one that the finding names.")
@click.option("--target", metavar="URL", help="A running system to send the plan to, instead of starting one.")
@click.option("--times", type=click.IntRange(min=1, max=100), default=5, show_default=True, help="How often to run it.")
@_engine
def reproduce(finding: Path, scenario: Path | None, target: str | None, times: int, engine: Choice) -> int:
    """Run a finding's plan again, k of n. Exit 1 if the state came back, 0 if it never did."""
    from scenarios.commands import reproduce_finding

    return reproduce_finding(finding, scenario=scenario, target=target, times=times, engine=engine)


class _ListedByDefault(click.Group):
    """`foreshock findings RUN` lists: the word is needed only for what else can be done."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = bool(args) and args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if known else ["list", *args])


@cli.group(cls=_ListedByDefault)
def findings() -> None:
    """List the findings of a run, compare those of two runs, accept one until a day.

    Without a word more it lists: `foreshock findings [RUN|DIR] [--diff RUN1 RUN2] [--json]`.
    """


@findings.command("list")
@click.argument("where", type=click.Path(path_type=Path), metavar="[RUN|DIR]", default=Path("runs"))
@click.option("--diff", nargs=2, type=click.Path(path_type=Path), metavar="RUN1 RUN2", help="What changed, instead.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(where: Path, diff: tuple[Path, Path] | None, as_json: bool) -> int:
    """A line for each finding, worst first: how often it came, its control, and whether it is accepted.

    With --diff: new, still there, accepted, gone; exit 1 when one is new.
    """
    from scenarios.findingcommands import compare_findings, list_findings

    today = datetime.now(UTC).date()
    if diff:
        return compare_findings(*diff, as_json=as_json, today=today, say=click.echo)
    return list_findings(where, as_json=as_json, today=today, say=click.echo)


@findings.command()
@click.argument("key", metavar="KEY")
@click.option("--reason", required=True, help="Why it may be as it is; reports show it.")
@click.option("--until", required=True, metavar="DAY|30d", help="The last day on which it fails no run.")
@click.option("--in", "among", type=_FILE, metavar="RUN|DIR", default=Path("runs"), help="Where it was found.")
@click.option("--file", type=_FILE, help="Instead of accepted.yaml beside the scenario.")
def accept(key: str, reason: str, until: str, among: Path, file: Path | None) -> int:
    """Let a finding fail no run until a day, for a reason; the beginning of its key is enough.

    It stands in accepted.yaml beside the scenario, is told by every run all the same, and counts again when the day is
    over.
    """
    from scenarios.findingcommands import accept_finding

    today = datetime.now(UTC).date()
    return accept_finding(key, among=among, reason=reason, until=until, file=file, today=today, say=click.echo)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="RUN")
def report(folder: Path) -> int:
    """Write a run folder's report.html and junit.xml again, from the folder alone."""
    from scenarios.commands import write_reports

    return write_reports(folder)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the control API listens.")
@click.option("--port", type=click.IntRange(0, 65535), default=8474, show_default=True, help="0 takes a free one.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Proxies as JSON, toxics included.")
@click.option("--seed", type=_SEEDS, default=0, show_default=True, help="Of who is hit by a toxicity below 1.")
@click.option("--lease", metavar="DURATION", help="Heal every link unless PUT /lease renews it in time.")
def toxiproxy(host: str, port: int, config: Path | None, seed: int, lease: str | None) -> int:
    """Serve Toxiproxy's API in the place of toxiproxy-server, until SIGINT or SIGTERM."""
    from faults.embedded.standalone import run_toxiproxy

    return run_toxiproxy(host, port, config=config, seed=seed, lease=lease, say=click.echo)


@cli.command()
@click.argument("kind", required=False)
def faults(kind: str | None) -> int:
    """List the kinds of faults: what each does, the incident it imitates, its arguments, and an example to copy."""
    from scenarios.commands import show_kinds

    return show_kinds(kind, say=click.echo)


@cli.command()
@click.option("--toxiproxy", "url", metavar="URL", help="Only this server: all of Foreshock's on it, journal or not.")
@click.option("--all", "everybodys", is_flag=True, help="With --toxiproxy: remove other people's toxics there, too.")
def heal(url: str | None, everybodys: bool) -> int:
    """Undo what killed runs left on a real Toxiproxy. Exit 3 if something could not be undone.

    Every run on a real Toxiproxy keeps a journal of what it does there. What the journals of dead runs name loses its
    toxics, is enabled, read back, and taken away. Runs of yours that are alive are never touched; a run of another
    user is not known here.
    """
    from scenarios.commands import heal_toxiproxy

    return heal_toxiproxy(url, everybodys=everybodys, say=click.echo)


@cli.command()
@click.option("--seed", type=_SEEDS, default=1, show_default=True, help="Of the customers, the faults and the search.")
@click.option("--fixed", is_flag=True, help="The shop with every mend on: nothing may be found.")
@_engine
@_runs
def demo(seed: int, fixed: bool, engine: Choice, runs: Path) -> int:
    """Walk the whole road on the demo shop. Exit 0 when the demonstration did what it should."""
    from scenarios.shop.demo import run_demo

    return run_demo(seed=seed, fixed=fixed, engine=engine, runs=runs)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: one clear line for every way that a command can end badly."""
    try:
        code = cli.main(args=arguments, prog_name="foreshock", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (ForeshockError, Interrupted) as error:
        click.echo(f"foreshock: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("foreshock: interrupted", err=True)
        code = 130
    except (ReaderGone, SystemExit):  # the latter is click's, with code 1, of a write that met EPIPE
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere
        code = ReaderGone.exit_code
    except Exception as error:  # noqa: BLE001  (of all else; Python's exit code would be 1: that something was found)
        click.echo(_unforeseen(error), err=True)
        code = HarnessError.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(error: Exception) -> str:
    """One line where the machine refused (a disk is full, a folder may not be written); else a bug, with traceback."""
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        return f"foreshock: {error.filename or 'output'}: {error.strerror or error}"
    lines = "".join(traceback.format_exception(error))
    return f"{lines}foreshock: this is a bug of Foreshock's, not of your system; please report the lines above"


if __name__ == "__main__":
    main()
