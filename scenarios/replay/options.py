"""The order that the options of `foreshock replay` are together; `asking` says how they are typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from replayer.plan import Budget, Retry
from replayer.target import Tls
from replayer.traffic.looping import Loop
from replayer.traffic.selection import Selection
from replayer.traffic.slicing import Between
from scenarios.replay.order import Address, ReplayOrder, Workers


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The options, by name. None: not said."""

    target: str
    allow: tuple[str, ...]
    between: Between | None
    sessions: tuple[str, ...]
    only: tuple[str, ...]
    except_: tuple[str, ...]
    loop: Loop | None
    scale: int
    speed: float
    rate: float | None
    max_in_flight: int | None
    timeout: float | None
    late: float | None
    no_bindings: bool
    scenario: Path | None
    retry: Literal["none", "fixed", "exponential"] | None
    retry_attempts: int | None
    retry_pause: float | None
    retry_most: float | None
    retry_on: tuple[str | int, ...]
    retry_unsafe: bool
    retry_budget: float | None
    redeliver: bool
    same: float
    masks: Path | None
    learn_masks: Path | None
    ca: Path | None
    client_cert: Path | None
    client_key: Path | None
    insecure: bool
    workers: int | None
    master: Address | None
    web: Address | None
    locust_csv: Path | None
    locust_html: Path | None
    encrypt_key: Path | None
    seed: int


def order_of(source: Path, runs: Path, arguments: tuple[str, ...], **options: Any) -> ReplayOrder:
    """What the options say together. Raises click.UsageError where they contradict each other."""
    asked = Asked(**options)
    return ReplayOrder(
        source=source,
        target=asked.target,
        allow=asked.allow,
        tls=_tls(asked),
        selection=Selection(
            between=asked.between,
            sessions=asked.sessions,
            only=asked.only,
            but=asked.except_,
            loop=asked.loop,
            scale=asked.scale,
            speed=asked.speed,
            rate_per_s=asked.rate,
        ),
        retry=_retry(asked),
        budget=_budget(asked),
        bindings=not asked.no_bindings,
        scenario_file=asked.scenario,
        least_same=asked.same,
        masks_file=asked.masks,
        learn_masks_file=asked.learn_masks,
        seed=asked.seed,
        runs=runs,
        encrypt_key_file=asked.encrypt_key,
        workers=_workers(asked),
        arguments=arguments,
    )


def _workers(asked: Asked) -> Workers | None:
    if asked.workers is None:
        if asked.master or asked.web or asked.locust_csv or asked.locust_html:
            raise click.UsageError(
                "--master, --web, --locust-csv and --locust-html are of several workers: say --workers N"
            )
        return None
    return Workers(
        count=asked.workers, master=asked.master, web=asked.web, csv=asked.locust_csv, html=asked.locust_html
    )


def _tls(asked: Asked) -> Tls | None:
    tls = Tls(
        ca_file=_text(asked.ca),
        certificate_file=_text(asked.client_cert),
        key_file=_text(asked.client_key),
        insecure=asked.insecure,
    )
    return None if tls == Tls() else tls


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _budget(asked: Asked) -> Budget:
    said = {"step_timeout_s": asked.timeout, "late_p99_s": asked.late, "max_in_flight": asked.max_in_flight}
    return msgspec.structs.replace(Budget(), **{name: value for name, value in said.items() if value is not None})


def _retry(asked: Asked) -> Retry | None:
    """None where nothing is said of it; a plan's own holds then."""
    said: dict[str, Any] = {
        "attempts": asked.retry_attempts,
        "pause_s": asked.retry_pause,
        "most_s": asked.retry_most,
        "on": asked.retry_on or None,
        "unsafe": asked.retry_unsafe or None,
        "budget": asked.retry_budget,
    }
    given = {name: value for name, value in said.items() if value is not None}
    if given and asked.retry in (None, "none"):
        raise click.UsageError("the other --retry options say how to retry; say --retry fixed or --retry exponential")
    if asked.retry is None and not asked.redeliver:
        return None
    return Retry(backoff=asked.retry or "none", redeliver=asked.redeliver, **given)
