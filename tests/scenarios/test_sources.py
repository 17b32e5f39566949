"""The section `signals:` of a scenario: what it means, and what is wrong about it at its line."""

from pathlib import Path

import pytest

from foreshock.errors import UsageError
from scenarios.loading import load_scenario
from scenarios.sources import Signals

TINY = """\
version: 1
name: tiny
processes:
  shop:
    command: [python, -m, shop]
    ready: {tcp: "${processes.shop.address}"}
    metrics: "${processes.shop.url}/metrics"
target: "${processes.shop.url}"
signals:
"""

WHOLE = """\
  every: 1s
  otlp: true
  statsd: true
  figures: false
  lines_per_s: 100
  logs: {audit: "${dir}/audit.log"}
  metrics: {worker: "http://127.0.0.1:9100/metrics"}
  health: {shop: "${processes.shop.url}/healthz"}
  docker: {cache: shop-redis-1}
  journal: {db: postgresql.service}
  sql:
    orders_pending: {database: "${dir}/shop.db", query: SELECT count(*) FROM orders}
"""


def signals(folder: Path, text: str, tiny: str = TINY) -> Signals:
    (folder / "tiny.yaml").write_text(tiny + text)
    return load_scenario(folder / "tiny.yaml", {}).signals


def test_unasked_the_figures_of_processes_are_heard_and_nothing_is_received() -> None:
    unasked = Signals()
    assert (unasked.figures, unasked.every_s, unasked.received) == (True, 0.25, ())


def test_all_that_can_be_declared_is_read(tmp_path: Path) -> None:
    read = signals(tmp_path, WHOLE)
    assert (read.every_s, read.figures, read.lines_per_s) == (1.0, False, 100)
    assert read.received == ("otlp", "statsd")
    assert read.logs == {"audit": "${dir}/audit.log"}
    assert read.sql["orders_pending"].query == "SELECT count(*) FROM orders"


def test_where_signals_are_received_is_known_to_processes_where_it_is_switched_on(tmp_path: Path) -> None:
    tiny = TINY.replace("-m, shop]", '-m, shop, "${signals.otlp.url}", "${signals.statsd.port}"]')
    assert signals(tmp_path, "  {otlp: true, statsd: true}\n", tiny).received == ("otlp", "statsd")
    with pytest.raises(UsageError, match=r"tiny.yaml:5: .*'\$\{signals.statsd.port\}' is not known here"):
        signals(tmp_path, "  {otlp: true}\n", tiny)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  every: 5ms\n", "10: signals.every='5ms': expected a duration from 50ms to 1h"),
        ("  evry: 1s\n", "10: signals.evry: unknown key; did you mean 'every'?"),
        ("  otlp: 4318\n", "10: signals.otlp=4318: expected true or false"),
        ("  lines_per_s: 0\n", "10: signals.lines_per_s=0: expected a whole number from 1"),
        ("  logs: {shop: a.log}\n", "10: signals.logs.shop: 'shop' is the name of processes.shop already"),
        ("  logs: {a: a.log}\n  docker: {a: a}\n", "11: signals.docker.a: 'a' is the name of signals.logs.a already"),
        ("  metrics: {shop: 'http://127.0.0.1:1/'}\n", "'shop' is the name of processes.shop.metrics already"),
        (
            "  metrics: {sql: 'http://127.0.0.1:1/'}\n",
            "signals.metrics.sql: 'sql' is the name of signals.sql already",
        ),
        ("  metrics: {a: 'ftp://127.0.0.1/'}\n", "10: signals.metrics.a='ftp://127.0.0.1/': expected a URL"),
        ("  health: {a: 'http://shop.example/'}\n", "10: signals.health.a='http://shop.example/': host"),
        ("  sql: {a: {database: a.db}}\n", "10: signals.sql.a: 'query' is missing"),
        ("  logs: {'a b': a.log}\n", '10: signals.logs["a b"]: expected a name of letters'),
        ("  logs: {a: '${nothing}'}\n", "10: signals.logs.a='${nothing}': '${nothing}' is not known here"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        signals(tmp_path, text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
