"""The customers: planned from a seed, polite, and harmless."""

import socket
import subprocess
import sys
from collections import Counter

import pytest

from scenarios.shop.visits import day

SCARCE = {16: 1, 17: 1, 18: 1, 19: 2}


def run(target: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-P", "-m", "scenarios.shop.customers", "--target", target, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def bodies(visit, path) -> list[dict]:
    return [action.body for action in visit.actions if action.path == path]


def test_a_day_depends_on_its_seed_alone():
    assert day(7, 30, 12) == day(7, 30, 12)
    assert day(7, 30, 12) != day(8, 30, 12)


@pytest.mark.parametrize("seed", range(1, 11))
def test_a_day_is_as_long_and_as_busy_as_asked(seed):
    visits = day(seed, 60, 12)
    ends_s = max(visit.starts_s + sum(action.think_s for action in visit.actions) for visit in visits)
    requests = sum(len(visit.actions) for visit in visits)
    assert len(visits) == 60
    assert 8 < ends_s <= 12
    assert 400 <= requests <= 540


@pytest.mark.parametrize("seed", range(1, 11))
def test_what_is_scarce_is_bought_by_one_customer_late_in_the_day(seed):
    visits = day(seed, 60, 12)
    wanted = Counter()
    for visit in visits:
        for item in bodies(visit, "/cart/items"):
            if item["product_id"] in SCARCE:
                wanted[item["product_id"]] += item["quantity"]
                assert visit.starts_s > 6
    assert wanted == SCARCE


@pytest.mark.parametrize("seed", range(1, 11))
def test_coupons_meet_small_quantities_and_large_ones_no_coupons(seed):
    visits = day(seed, 60, 12)
    large = {visit.starts_s for visit in visits for item in bodies(visit, "/cart/items") if item["quantity"] >= 10}
    with_coupon = {visit.starts_s for visit in visits if bodies(visit, "/cart/coupon")}
    assert large
    assert with_coupon
    assert not large & with_coupon


def test_everybody_asks_for_the_ways_to_pay_before_paying_and_submits_once():
    for visit in day(1, 60, 12):
        paths = [action.path for action in visit.actions]
        assert paths.count("/checkout") <= 1
        if "/checkout" in paths:
            assert paths[paths.index("/checkout") - 1] == "/payment-methods"


def test_one_customer_is_a_day_too():
    assert [visit.kind for visit in day(1, 1, 1)] == ["buyer"]


def test_customers_trigger_nothing_and_find_every_page_each_time(first_release):
    target = f"http://127.0.0.1:{first_release.storefront.port}"
    said = []
    for _ in range(2):
        ended = run(target, "--seed", "3", "--customers", "30", "--seconds", "1.5")
        assert ended.returncode == 0, ended.stderr
        assert first_release.violated() == set()
        assert first_release.rows("storefront", "SELECT DISTINCT status FROM orders ORDER BY 1") == [
            ("cancelled",),
            ("paid",),
        ]
        said.append(ended.stdout.partition(" s: ")[2])
        first_release.reset()
    assert said[0] == said[1]
    assert {text.split(" x ")[0].strip() for text in said[0].split(",")} == {"200", "201"}


def test_a_shop_that_is_not_there_is_one_line_and_exit_3():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ended = run(f"http://127.0.0.1:{port}")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"customers: nothing answers at 127.0.0.1:{port}: ")
    assert ended.stderr.count("\n") == 1
