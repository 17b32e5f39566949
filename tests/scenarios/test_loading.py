"""Every way a scenario can be wrong is one line with file, line, path, what is allowed, and the mend."""

# ruff: noqa: E501  (a row of the table is a line: what is changed, into what, and the whole message)

from pathlib import Path

import pytest

from foreshock.errors import UsageError
from replayer import plan
from scenarios.faultplan import faults_of
from scenarios.loading import load_scenario
from scenarios.scenario import Scenario

SHOP = """\
version: 1
name: shop
processes:
  payments:
    command: [python, -m, payments, --listen, "${processes.payments.address}", --database, "${dir}/payments.db"]
    ready: {http: "${processes.payments.url}/healthz", within: 10s}
  storefront:
    command: [python, -m, storefront, --payments, "${links.payments.url}"]
    environment: {FIXED: "${env.FIXED:-0}"}
    ready: {tcp: "${processes.storefront.address}"}
    metrics: "${processes.storefront.url}/metrics"
links:
  payments: {upstream: "${processes.payments.address}"}
target: "${processes.storefront.url}"
reset: [{post: "${processes.payments.url}/__reset"}]
recording: shop.rec
replay: {speed: 2}
faults:
  - {link: payments, kind: slow, latency_ms: 300, window: {from: 20%, for: 300ms}, every: 2s}
  - {id: stalled, link: payments, kind: stall, nth: {n: 2, route: POST /checkout}}
invariants:
  - name: charged once
    sql: {database: "${dir}/payments.db", query: SELECT 1}
    expect: size(rows) == 0
    within: 2s
  - name: up
    http: {get: "${processes.storefront.url}/orders"}
    expect: status == 200
explore: {executions: 10, instances: 2, faults: [slow, down], for: 5s}
stop: {failing: 80%, for: 5s}
max_active: 2
"""


def load(text: str, folder: Path, **environment: str) -> Scenario:
    (folder / "shop.yaml").write_text(text)
    return load_scenario(folder / "shop.yaml", environment)


def refusal(text: str, folder: Path, **environment: str) -> str:
    with pytest.raises(UsageError) as caught:
        load(text, folder, **environment)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}/")


def test_a_whole_scenario_is_read_into_types(tmp_path: Path) -> None:
    scenario = load(SHOP, tmp_path, FIXED="1")
    assert scenario.recording_path == tmp_path / "shop.rec"
    assert scenario.processes["storefront"].environment == {"FIXED": "1"}
    assert scenario.processes["payments"].command[-1] == "${dir}/payments.db"  # known when an instance starts
    assert scenario.reset[0].method_and_url == ("POST", "${processes.payments.url}/__reset")
    assert (scenario.instances, scenario.explore.for_s, scenario.replay.speed) == (2, 5.0, 2.0)
    assert scenario.invariants[0].within_s == 2.0
    assert scenario.faults[0].args == {"latency_ms": 300}


def test_how_late_a_replay_may_be_is_the_scenarios(tmp_path: Path) -> None:
    assert load(SHOP, tmp_path).replay.late_s == 0.25
    assert load(SHOP.replace("{speed: 2}", "{speed: 2, late: 1s}"), tmp_path).replay.late_s == 1.0


def test_retries_are_a_policy_of_the_plans(tmp_path: Path) -> None:
    assert load(SHOP, tmp_path).retry is None
    text = "retry: {backoff: exponential, pause: 50ms, after: [timeout, 503], budget: 20%, redeliver: true}\n"
    retry = load(SHOP + text, tmp_path).retry
    assert retry is not None
    assert retry.policy == plan.Retry(
        backoff="exponential", pause_s=0.05, on=("timeout", 503), budget=0.2, redeliver=True
    )
    plain = load(SHOP + "retry: {backoff: fixed}\n", tmp_path).retry
    assert plain is not None
    assert plain.policy == plan.Retry(backoff="fixed")


def test_a_running_system_needs_only_its_target(tmp_path: Path) -> None:
    scenario = load("version: 1\nname: mine\ntarget: http://127.0.0.1:8080\n", tmp_path)
    assert scenario.instances == 1
    assert scenario.recording_path is None
    assert faults_of(scenario, 10.0) == ()


BAD = [
    ("a duration without its unit", "within: 10s", "within: 10", "6: processes.payments.ready.within=10: expected a duration such as '20s' or '500ms'"),
    ("a span without its unit", "for: 300ms", "for: 20", "19: faults[0].window.for=20: expected '20s', '500ms' or '30%'"),
    ("a misspelt key", "    ready: {http", "    raedy: {http", "6: processes.payments.raedy: unknown key; did you mean 'ready'? (allowed: command, environment, directory, ready, metrics)"),
    ("a misspelt key above variables", "processes:\n", "proceses:\n", "3: proceses: unknown key; did you mean 'processes'? (allowed: version, name, allow, engine, processes, links, target, tls, reset, signals, alerts, recovery, recording, replay, identities, map, auth, retry, settle, faults, stop, max_active, invariants, states, checks, explore)"),
    ("a misspelt key in a list", "[{post", "[{pots", "15: reset[0].pots: unknown key; did you mean 'post'? (allowed: get, post, put, delete)"),
    ("a key twice", "name: shop\n", "name: shop\nname: shop\n", "3: name: duplicate key; the first is on line 2"),
    ("a missing key", "name: shop\n", "", "1: (file): 'name' is missing"),
    ("no target", 'target: "${processes.storefront.url}"\n', "", "1: (file): 'target' is missing"),
    ("a number in a command", "-m, payments", "-m, 80", "5: processes.payments.command[2]=80: expected text (in quotes where YAML would read a number)"),
    ("a command in one text", "command: [python, -m, storefront, --payments, \"${links.payments.url}\"]", "command: python -m storefront", "8: processes.storefront.command='python -m storefront': expected a list such as [python, -m, shop, --port, '${processes.NAME.port}']"),
    ("a number in an environment", '"${env.FIXED:-0}"', "1", "9: processes.storefront.environment.FIXED=1: expected text (in quotes where YAML would read a number)"),
    ("an unset variable", ":-0", "", "9: processes.storefront.environment.FIXED='${env.FIXED}': the environment has no FIXED; set it, or write '${env.FIXED:-default}'"),
    ("a misspelt variable", "links.payments.url", "links.payment.url", "8: processes.storefront.command[4]='${links.payment.url}': '${links.payment.url}' is not known here; did you mean '${links.payments.url}'? (known: dir, processes.payments.{address,url,host,port}, processes.storefront.{address,url,host,port}, links.payments.{address,url,host,port}, scenario_dir, env.NAME, env.NAME:-default)"),
    ("a variable that is known too late", "shop.rec", '"${dir}/shop.rec"', "16: recording='${dir}/shop.rec': '${dir}' is not known here (known: scenario_dir, env.NAME, env.NAME:-default)"),
    ("a link behind a link", 'upstream: "${processes.payments', 'upstream: "${links.payments', "13: links.payments.upstream='${links.payments.address}': '${links.payments.address}' is not known here; did you mean '${processes.payments.address}'? (known: processes.payments.{address,url,host,port}, processes.storefront.{address,url,host,port}, scenario_dir, env.NAME, env.NAME:-default)"),
    ("an unclosed variable", "${dir}/payments.db\"]", "${dir/payments.db\"]", "5: processes.payments.command[6]='${dir/payments.db': '${dir/payments.db' has no closing '}'; a literal '${' is written '$${'"),
    ("no readiness", '{tcp: "${processes.storefront.address}"}', "{within: 1s}", "10: processes.storefront.ready: expected exactly one of 'http' (a URL) and 'tcp' (an address)"),
    ("a name with a space", "  payments: {up", "  pay ments: {up", "13: links[\"pay ments\"]: expected a name of letters, digits, '-' and '_'"),
    ("an address without a port", '"${processes.payments.address}"}', "127.0.0.1}", "13: links.payments.upstream='127.0.0.1': expected an address such as '127.0.0.1:8080' or '${processes.NAME.address}'"),
    ("a scheme that is not HTTP", 'target: "${processes.storefront.url}"', "target: ftp://127.0.0.1", "14: target='ftp://127.0.0.1': expected a URL such as 'http://127.0.0.1:8080/path' or '${processes.NAME.url}/path'"),
    ("a port that is none", 'target: "${processes.storefront.url}"', "target: http://127.0.0.1:80800", "14: target='http://127.0.0.1:80800': Port out of range 0-65535"),
    ("production as an upstream", '"${processes.payments.address}"}', "db.example:5432}", "13: links.payments.upstream='db.example:5432': host db.example is not on the allow-list (loopback and: nothing); if it may be, add it to 'allow'"),
    ("production in a probe", "http: {get: \"${processes.storefront.url}/orders\"}", "http: {get: http://shop.example/orders}", "27: invariants[1].http.get='http://shop.example/orders': host shop.example is not on the allow-list (loopback and: nothing); if it may be, add it to 'allow'"),
    ("an unknown version", "version: 1", "version: 2", "1: version=2: expected 1, the only version so far"),
    ("an impossible speed", "speed: 2", "speed: 0", "17: replay.speed=0: expected a number above 0, such as 1 or 2.5"),
    ("a list where a mapping belongs", "replay: {speed: 2}", "replay: [2]", "17: replay: expected a mapping"),
    ("retries without a backoff", "replay: {speed: 2}", "retry: {attempts: 2}", "17: retry: 'backoff' is missing"),
    ("retries after a success", "replay: {speed: 2}", "retry: {backoff: fixed, after: [200]}", "17: retry.after[0]=200: expected "),
    ("an unknown kind", "kind: slow", "kind: slwo", "19: faults[0].kind='slwo': not one of the kinds; did you mean 'slow'? (kinds: "),
    ("an unknown link", "link: payments, kind: slow", "link: paymnts, kind: slow", "19: faults[0].link='paymnts': not one of the links; did you mean 'payments'? (links: payments)"),
    ("a misspelt magnitude", "latency_ms", "latncy_ms", "19: faults[0].latncy_ms: slow: unknown key; did you mean 'latency_ms'? (allowed: id, link, kind, window, at, nth, every, fraction, per, ramp, seed, latency_ms"),
    ("a wrong magnitude", "latency_ms: 300", "latency_ms: many", "19: faults[0].latency_ms='many': expected a whole number from 1"),
    ("a missing magnitude", "latency_ms: 300, ", "", "19: faults[0]: slow: latency_ms: expected a whole number from 1"),
    ("a fault at two places", "nth: {n: 2, route: POST /checkout}", "nth: {n: 2, route: POST /checkout}, window: {}", "20: faults[1]: expected exactly one of window, at, nth"),
    ("an nth below one", "n: 2", "n: 0", "20: faults[1].nth.n=0: expected a whole number from 1"),
    ("an nth of nothing", ", route: POST /checkout", "", "20: faults[1]: expected exactly one of nth.route, nth.link"),
    ("an nth of an unknown link", "route: POST /checkout", "link: edge", "20: faults[1].nth.link='edge': not one of the links (links: payments)"),
    ("repeats that overlap", "every: 2s", "every: 200ms", "19: faults[0].every='200ms': expected longer than window.for='300ms'"),
    ("a repeat without a window", "nth: {n: 2, route: POST /checkout}", "every: 1s", "20: faults[1].every='1s': repeats a window; give 'window' its 'for', without 'at' and 'nth'"),
    ("two invariants of one name", "name: up", "name: charged once", "26: invariants[1].name='charged once': already used on line 22; each needs its own"),
    ("an expression that does not parse", "size(rows) == 0", "size(rows) ==", "24: invariants[0].expect='size(rows) ==': not a CEL expression: it ends too early at column 14"),
    ("an expression over nothing", "size(rows) == 0", "'1 == 1'", "24: invariants[0].expect='1 == 1': it looks at nothing that was read (names: rows)"),
    ("a misspelt name in an expression", "status == 200", "stauts == 200", "28: invariants[1].expect='stauts == 200': 'stauts' is not a name here; did you mean 'status'? (names: status, headers, body, json)"),
    ("a name of another probe", "size(rows) == 0", "status == 0", "24: invariants[0].expect='status == 0': 'status' is not a name here (names: rows)"),
    ("an unknown function", "size(rows)", "siz(rows)", "24: invariants[0].expect='siz(rows) == 0': there is no function 'siz' in CEL or its library"),
    ("two probes", "    sql: {database", "    http: {get: 'http://127.0.0.1/'}\n    sql: {database", "22: invariants[0]: expected exactly one of 'http' and 'sql'"),
    ("no instance", "instances: 2", "instances: 0", "29: explore.instances=0: expected a whole number from 1 to 64"),
    ("an unknown kind to explore", "[slow, down]", "[slow, dwn]", "29: explore.faults[1]='dwn': not one of the kinds; did you mean 'down'? (kinds: "),
    ("a kind that no search can explore", "[slow, down]", "[slow, brownout]", "29: explore.faults[1]='brownout': not one of the kinds that are searched (kinds that are searched: slow, stall, lost_reply, cut_reply, reset, down, trickle)"),
    ("a kind that never comes to its second turn", "kind: slow, latency_ms: 300", "kind: flapping, up_ms: 100, down_ms: 300", "19: faults[0].down_ms=300: expected less than the 300 ms that it lasts"),
    ("instances that share a port", '"${processes.payments.address}"}', '"${processes.payments.address}", listen: "127.0.0.1:9000"}', "13: links.payments.listen='127.0.0.1:9000': 2 instances can't share one port; leave it out, or end it in ':0'"),
    ("a tab", "  payments:\n", "\tpayments:\n", "4: not YAML: found character '\\t' that cannot start any token (while scanning for the next token); indent with spaces, not tabs"),
    ("a bracket left open", "reset: [{post", "reset: {post", "15: not YAML: expected <block end>, but found ']' (while parsing a block mapping)"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_is_said_in_one_line_at_its_place(was: str, now: str, message: str, tmp_path: Path) -> None:
    assert was in SHOP
    assert refusal(SHOP.replace(was, now, 1), tmp_path).startswith(f"shop.yaml:{message}")


def test_production_is_refused_as_a_target_until_it_is_allowed_by_name(tmp_path: Path) -> None:
    mine = "version: 1\nname: mine\ntarget: https://staging.example/\n"
    assert refusal(mine, tmp_path) == (
        "shop.yaml:3: target='https://staging.example/': host staging.example is not on the allow-list "
        "(loopback and: nothing); if it may be, add it to 'allow'"
    )
    assert load(mine + "allow: [Staging.Example]\n", tmp_path).target == "https://staging.example/"


def test_a_running_system_can_not_be_several_instances(tmp_path: Path) -> None:
    mine = "version: 1\nname: mine\ntarget: http://127.0.0.1:1\nexplore: {instances: 2}\n"
    assert refusal(mine, tmp_path) == (
        "shop.yaml:4: explore.instances=2: instances are copies that the harness starts, and there are no 'processes'; "
        "expected 1"
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "shop.yaml:1: the file is empty"),
        (b"just text\n", "shop.yaml:1: expected a mapping that starts with 'version: 1'"),
        (b"name: caf\xe9\n", "shop.yaml:1: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_scenario_at_all_is_said_so(raw: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_bytes(raw)
    with pytest.raises(UsageError) as caught:
        load_scenario(tmp_path / "shop.yaml", {})
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.yaml: can't be read: No such file or directory"):
        load_scenario(tmp_path / "missing.yaml", {})


def test_a_dollar_brace_can_be_written_literally(tmp_path: Path) -> None:
    scenario = load(SHOP.replace("SELECT 1", "\"SELECT '$${dir}'\""), tmp_path)
    assert scenario.invariants[0].sql is not None
    assert scenario.invariants[0].sql.query == "SELECT '$${dir}'"  # becomes '${dir}' when an instance starts


def test_an_environment_value_is_never_looked_at_for_variables(tmp_path: Path) -> None:
    scenario = load(SHOP, tmp_path, FIXED="${nonsense}")
    assert scenario.processes["storefront"].environment["FIXED"] == "$${nonsense}"


def test_a_link_s_upstream_from_the_environment_is_held_to_the_allow_list_too(tmp_path: Path) -> None:
    text = SHOP.replace('{upstream: "${processes.payments.address}"}', '{upstream: "${env.DB:-127.0.0.1:1}"}')
    assert load(text, tmp_path).links["payments"].upstream == "127.0.0.1:1"
    said = refusal(text, tmp_path, DB="db.example:5432")
    assert said.startswith("shop.yaml:13: links.payments.upstream='${env.DB:-127.0.0.1:1}': host db.example is not on")
    assert load(text.replace("name: shop\n", "name: shop\nallow: [db.example]\n"), tmp_path, DB="db.example:5432")


def test_a_link_listens_on_loopback_unless_another_address_is_written_there(tmp_path: Path) -> None:
    alone = SHOP.replace("instances: 2", "instances: 1")
    assert load(alone, tmp_path).links["payments"].listen == "127.0.0.1:0"
    open_ = alone.replace(
        '{upstream: "${processes.payments.address}"}', '{upstream: "127.0.0.1:1", listen: "0.0.0.0:0"}'
    )
    assert load(open_, tmp_path).links["payments"].listen == "0.0.0.0:0"
    told = "shop.yaml:13: links.payments.listen=':9000': expected an address such as '127.0.0.1:8080'"
    assert refusal(open_.replace("0.0.0.0:0", ":9000"), tmp_path).startswith(told)


MACHINE = """\
states:
  - name: an order's life
    seen: [{route: "GET /orders/{id}", field: $.status}]
    initial: [pending]
    transitions: {pending: [paid, cancelled], paid: [shipped]}
    terminal: [shipped, cancelled]
"""


def test_times_machines_and_own_checks_are_read(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def no_order_is_lost(run): ...\n")
    text = SHOP.replace("    expect: status == 200\n", "    never: status == 500\n") + MACHINE
    scenario = load(text + "checks: [mine.py:no_order_is_lost]\n", tmp_path)
    assert (scenario.invariants[1].when, scenario.invariants[1].expression) == ("never", "status == 500")
    assert scenario.states[0].states == {"pending", "paid", "cancelled", "shipped"}
    text = SHOP.replace("query: SELECT 1}\n    expect: size(rows) == 0\n", "none: SELECT 1}\n")
    none = load(text, tmp_path).invariants[0]
    assert (none.when, none.expression, none.finds_none) == ("expect", "size(rows) == 0", True)


DECLARED_BAD = [
    ("two times", "    expect: status == 200\n", "    expect: status == 200\n    never: status == 500\n", "expected exactly one of 'expect', 'every', 'never' and 'sometimes'"),
    ("no time", "    expect: status == 200\n", "", "expected exactly one of 'expect', 'every', 'never' and 'sometimes'"),
    ("a within of another time", "    expect: size(rows) == 0\n", "    every: size(rows) == 0\n", "expected no 'within' beside 'every': it goes with 'expect'"),
    ("an expression beside none", "query: SELECT 1}", "none: SELECT 1}", "expected no 'expect' beside an SQL probe's 'none', which says that no row may be"),
    ("a query that is both", "query: SELECT 1}", "query: SELECT 1, none: SELECT 2}", "expected exactly one of 'query' and 'none'"),
    ("an expression that does not parse", "    expect: status == 200\n", "    sometimes: status ==\n", "invariants[1].sometimes='status ==': not a CEL expression"),
    ("a misspelt state", "[paid, cancelled]", "[payed, cancelled]", "states[0].transitions.pending[0]='payed': it has no way out among 'transitions'; mend it if it is misspelt, or add it to 'terminal' (known: cancelled, paid, pending, shipped)"),
    ("a terminal with a way out", "terminal: [shipped,", "terminal: [paid, shipped,", "states[0].terminal[0]='paid': it has a way out among 'transitions'"),
    ("a place that is none", "$.status", "'$.status['", "states[0].seen[0].field='$.status[': "),
    ("a route without a method", "GET /orders/{id}", "/orders/{id}", "states[0].seen[0].route='/orders/{id}': expected a method (or '*') and a path such as"),
    ("a machine of an invariant's name", "name: an order's life", "name: up", "already used on line 26"),
    ("a file that is not there", "explore:", "checks: [gone.py:check]\nexplore:", "checks[0]='gone.py:check': there is no file "),
    ("a check that is none", "explore:", "checks: [gone.py]\nexplore:", "checks[0]='gone.py': expected a file and a function such as 'checks.py:no_order_is_lost'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now", "message"), [row[1:] for row in DECLARED_BAD], ids=[row[0] for row in DECLARED_BAD]
)
def test_what_is_wrong_of_a_declared_check_is_said_at_its_place(
    was: str, now: str, message: str, tmp_path: Path
) -> None:
    text = SHOP + MACHINE
    assert was in text
    assert message in refusal(text.replace(was, now, 1), tmp_path)
