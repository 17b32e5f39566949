"""A process that the harness starts pushes to it, writes and is measured; real addresses, real sockets."""

import asyncio
import time
from pathlib import Path

from replayer.plan import Header, Plan, Recorded, Request, Step
from scenarios.ears import pushing
from scenarios.execution import Execution
from scenarios.loading import load_scenario
from scenarios.system import Pool

SERVICE = """
import http.server, json, os, socket, sqlite3, sys, urllib.request

folder, host, port = sys.argv[2:5]
database = sqlite3.connect(f"{folder}/shop.db", isolation_level=None)
database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
audit = open(f"{folder}/audit.log", "a", buffering=1)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
SPAN = {"name": "pay", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}


class Shop(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        database.execute("INSERT INTO orders DEFAULT VALUES")
        audit.write('{"level": "warn", "msg": "order 17 is late"}\\n')
        print("level=info msg=paid", flush=True)
        udp.sendto(b"orders:1|c", (host, int(port)))
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}).encode()
        url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces"
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).read()
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


shop, _, number = sys.argv[1].rpartition(":")
http.server.HTTPServer((shop, int(number)), Shop).serve_forever()
"""

SCENARIO = """\
version: 1
name: tiny
processes:
  shop:
    command:
      [python, SERVICE, "${processes.shop.address}", "${dir}", "${signals.statsd.host}", "${signals.statsd.port}"]
    ready: {http: "${processes.shop.url}/"}
target: "${processes.shop.url}"
settle: 20ms
signals:
  otlp: true
  statsd: true
  logs: {audit: "${dir}/audit.log"}
  health: {shop: "${processes.shop.url}/healthz"}
  sql: {orders: {database: "${dir}/shop.db", query: SELECT count(*) FROM orders}}
"""


def ran(folder: Path, instances: int = 1) -> list[Execution]:
    (folder / "service.py").write_text(SERVICE)
    (folder / "tiny.yaml").write_text(SCENARIO.replace("SERVICE", str(folder / "service.py")))
    scenario = load_scenario(folder / "tiny.yaml", {})
    buy = Step(
        id="s0", due_s=0.0, session="c", route="POST /buy", request=Request(method="POST", target="/buy"),
        recorded=Recorded(status=200),
    )  # fmt: skip
    plan = Plan(Header(name="p"), (buy,))

    async def run() -> list[Execution]:
        async with Pool.open(
            scenario, choice="embedded", instances=instances, seed=1, run="t", clock=time.monotonic, redact=str
        ) as pool:
            return list(await asyncio.gather(*(pool.run(plan, watch_every_s=60) for _ in range(instances))))

    return asyncio.run(run())


def values(execution: Execution, source: str, name: str) -> list[float]:
    return [sample.value for sample in execution.samples if (sample.source, sample.name) == (source, name)]


def test_all_that_is_declared_is_heard_of_each_instance_alone(tmp_path: Path) -> None:
    for execution in ran(tmp_path, instances=2):
        assert [outcome.status for outcome in execution.history.outcomes] == [200]
        lines = {(line.source, line.level, line.template) for line in execution.log_lines}
        assert lines == {("shop", "INFO", "paid"), ("audit", "WARN", "order <*> is late")}
        assert values(execution, "sql", "orders")[-1] == 1
        assert values(execution, "statsd", "orders")[-1] == 1
        assert set(values(execution, "shop", "health_up")) == {1}
        assert len(values(execution, "shop", "process_threads")) >= 2
        assert [span.operation for span in execution.spans] == ["pay"]
        assert execution.losses == ()
        assert execution.listened is not None
        assert (execution.listened.log_lines, execution.listened.spans) == (2, 1)


def test_opentelemetry_s_libraries_are_told_where_to_and_soon() -> None:
    told = pushing({"otlp": "127.0.0.1:4318"})
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
    assert told["OTEL_METRIC_EXPORT_INTERVAL"] == "1000"
    assert pushing({"statsd": "127.0.0.1:8125"}) == {}
