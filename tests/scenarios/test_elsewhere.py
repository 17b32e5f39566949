import re
from pathlib import Path

import msgspec
import pytest

from faults.fault import Fault, Window
from foreshock.errors import UsageError
from replayer.plan import Header, Plan
from scenarios.elsewhere import check_can_show, pointed_at
from scenarios.finding import Finding
from scenarios.loading import load_scenario
from scenarios.scenario import Link, Scenario

SCENARIO = """\
version: 1
name: shop
allow: [staging.example]
processes:
  payments:
    command: [payments]
    ready: {tcp: "${processes.payments.address}"}
  shop:
    command: [shop, "${dir}"]
    ready: {http: "${processes.shop.url}/healthz"}
links:
  payments: {upstream: "${processes.payments.address}"}
  bank: {upstream: "127.0.0.1:9000"}
  edge: {upstream: "${processes.shop.address}"}
target: "${processes.shop.url}"
reset:
  - {post: "${processes.payments.url}/__reset"}
  - {post: "${processes.shop.url}/__reset"}
invariants:
  - {name: stock is there, http: {get: "${processes.shop.url}/stock"}, expect: status == 200}
  - {name: charged once, http: {get: "${processes.payments.url}/charges"}, expect: size(json) == 1}
  - {name: books balance, sql: {database: "${dir}/shop.db", query: SELECT 1}, expect: size(rows) == 1}
  - {name: the bank answers, http: {get: "${links.bank.url}/"}, expect: status == 200}
explore: {instances: 3}
signals:
  every: 1s
  otlp: true
  logs: {own: "${dir}/own.log", theirs: /var/log/theirs.log}
  health: {shop: "${processes.shop.url}/healthz", payments: "${processes.payments.url}/healthz"}
  sql: {orders: {database: "${dir}/shop.db", query: SELECT 1}, stock: {database: stock.db, query: SELECT 2}}
"""
TARGET = "http://127.0.0.1:8001"


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    path = tmp_path / "shop.yaml"
    path.write_text(SCENARIO)
    return load_scenario(path, {})


def plan(*faults: Fault) -> Plan:
    return Plan(Header(name="p", links=("bank",), faults=faults), ())


def fault(link: str) -> Fault:
    return Fault(id=f"{link}-down", link=link, kind="down", window=Window())


def test_nothing_is_started_and_there_is_one_instance(scenario: Scenario) -> None:
    pointed = pointed_at(scenario, TARGET)
    assert (pointed.processes, pointed.instances, pointed.target) == ({}, 1, TARGET)


def test_what_needs_only_the_process_that_the_target_names_stays_with_its_address(scenario: Scenario) -> None:
    pointed = pointed_at(scenario, TARGET)
    assert [request.method_and_url for request in pointed.reset] == [("POST", f"{TARGET}/__reset")]
    assert pointed.links["edge"] == Link(upstream="127.0.0.1:8001")
    first = pointed.invariants[0]
    assert first.http is not None
    assert (first.name, first.http.get) == ("stock is there", f"{TARGET}/stock")


def test_what_needs_another_process_or_the_folder_of_a_started_system_is_left_out(scenario: Scenario) -> None:
    pointed = pointed_at(scenario, TARGET)
    assert list(pointed.links) == ["bank", "edge"]
    assert [invariant.name for invariant in pointed.invariants] == ["stock is there", "the bank answers"]


def test_the_links_addresses_are_still_to_be_filled(scenario: Scenario) -> None:
    pointed = pointed_at(scenario, TARGET)
    bank = pointed.invariants[1].http
    assert bank is not None
    assert bank.get == "${links.bank.url}/"


def test_a_target_that_is_no_process_names_none(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "edge.yaml").write_text(
        SCENARIO.replace('target: "${processes.shop.url}"', 'target: "${links.edge.url}"')
    )
    pointed = pointed_at(load_scenario(tmp_path / "edge.yaml", {}), TARGET)
    assert list(pointed.links) == ["bank"]
    assert pointed.reset == ()


@pytest.mark.parametrize(
    ("target", "stock", "address"),
    [
        ("http://staging.example", "http://staging.example/stock", "staging.example:80"),
        ("https://staging.example/shop/", "https://staging.example/shop/stock", "staging.example:443"),
        ("http://[::1]:8001", "http://[::1]:8001/stock", "[::1]:8001"),
    ],
)
def test_scheme_path_and_port_of_the_target_are_kept(scenario: Scenario, target: str, stock: str, address: str) -> None:
    pointed = pointed_at(scenario, target)
    first = pointed.invariants[0]
    assert first.http is not None
    assert (pointed.target, first.http.get, pointed.links["edge"].upstream) == (target, stock, address)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("http://production.example", "host production.example is not on the allow-list"),
        ("staging.example", "expected a URL that starts with http:// or https://"),
        ("http://", "the URL has no host"),
    ],
)
def test_a_target_that_may_not_be_sent_traffic_is_refused(scenario: Scenario, target: str, problem: str) -> None:
    with pytest.raises(UsageError, match=f"target={re.escape(target)}: {problem}"):
        pointed_at(scenario, target)


def found(check: str, plan: Plan) -> Finding:
    return Finding(key="k", check=check, title="t", message="m", phase="explore", hits=1, plan=plan)


def test_a_plan_whose_check_and_links_are_there_can_be_shown(scenario: Scenario) -> None:
    check_can_show(pointed_at(scenario, TARGET), found("the bank answers", plan(fault("bank"))))
    own = msgspec.structs.replace(pointed_at(scenario, TARGET), checks=("checks.py:no_order_is_lost",))
    check_can_show(own, found("no order is lost", plan()))


def test_a_check_that_was_left_out_can_not_be_shown(scenario: Scenario) -> None:
    with pytest.raises(UsageError, match=r"check 'charged once' reads what only .*; write a scenario .* --scenario"):
        check_can_show(pointed_at(scenario, TARGET), found("charged once", plan()))


def test_a_fault_whose_link_was_left_out_can_not_be_shown(scenario: Scenario) -> None:
    with pytest.raises(UsageError, match=r"fault 'payments-down' needs link 'payments', which only the scenario makes"):
        check_can_show(pointed_at(scenario, TARGET), found("stock is there", plan(fault("bank"), fault("payments"))))


def test_a_link_that_would_lead_to_the_target_is_held_to_the_allow_list_by_it(scenario: Scenario) -> None:
    assert pointed_at(scenario, "http://staging.example").links["edge"] == Link(upstream="staging.example:80")
    with pytest.raises(UsageError, match=r"host shop\.example is not on the allow-list"):
        pointed_at(scenario, "http://shop.example")


def test_what_cannot_be_listened_to_there_is_left_out_and_nothing_is_pushed(scenario: Scenario) -> None:
    signals = pointed_at(scenario, TARGET).signals
    assert (signals.every, signals.received) == ("1s", ())
    assert signals.logs == {"theirs": "/var/log/theirs.log"}
    assert signals.health == {"shop": f"{TARGET}/healthz"}
    assert set(signals.sql) == {"stock"}
