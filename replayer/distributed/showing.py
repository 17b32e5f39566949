"""What Locust's users know it by: its page, its CSV files, its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
from locust import stats
from locust.env import Environment
from locust.html import get_html_report

from foreshock.errors import UsageError
from replayer.distributed.team import Team


@contextmanager
def shown(environment: Environment, team: Team) -> Iterator[None]:
    """As long as the block lasts; the files are whole after it. Raises UsageError where they can't be written."""
    history = gevent.spawn(stats.stats_history, environment.runner)
    page = environment.create_web_ui(*team.web) if team.web else None
    csv = _csv_of(environment, team.csv) if team.csv else None
    try:
        yield
    finally:
        history.kill()
        if csv is not None:
            gevent.sleep(stats.CSV_STATS_INTERVAL_SEC)  # it writes once more
        if team.html:
            _write(Path(team.html), get_html_report(environment, show_download_link=False))
        if page is not None:
            page.stop()


def _csv_of(environment: Environment, prefix: str) -> gevent.Greenlet:
    try:
        Path(prefix).parent.mkdir(parents=True, exist_ok=True)
        writer = stats.StatsCSVFileWriter(environment, stats.PERCENTILES_TO_REPORT, prefix, True)
    except OSError as error:
        raise UsageError(f"csv={prefix}: {error.strerror}") from None
    return gevent.spawn(writer.stats_writer)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"html={path}: {error.strerror}") from None
