"""shop.yaml is a scenario, and docker-compose.yml brings the same road up."""

from pathlib import Path

import yaml

import scenarios.shop
from scenarios.faultplan import faults_of
from scenarios.loading import load_scenario

SHOP = Path(scenarios.shop.__file__).parent
ROOT = SHOP.parent.parent


def test_the_scenario_loads_and_declares_one_invariant_for_each_planted_incident():
    scenario = load_scenario(SHOP / "shop.yaml", {})
    assert len(scenario.invariants) == 5
    assert scenario.processes["storefront"].environment["SHOP_FIXED"] == "0"
    assert (
        load_scenario(SHOP / "shop.yaml", {"SHOP_FIXED": "1"}).processes["storefront"].environment["SHOP_FIXED"] == "1"
    )


def test_no_hesitation_of_payments_outlasts_all_attempts_at_a_payment():
    scenario = load_scenario(SHOP / "shop.yaml", {})
    spans_s = [fault.window.span_s(12) for fault in faults_of(scenario, 12)]
    assert len(spans_s) > 8
    assert all(0.2 < until_s - from_s < 0.6 for from_s, until_s in spans_s)  # one attempt times out, never three


def test_compose_publishes_to_this_machine_only():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert services["toxiproxy"]["image"] == "ghcr.io/shopify/toxiproxy:2.12.0"
