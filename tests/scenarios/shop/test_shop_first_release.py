"""The five planted incidents: each shows with its smallest sequence, alone, and not without its trigger."""

import pytest

STICKERS, BAROMETER = 2, 16  # 1.90 each; the barometer is the only one


def test_without_faults_nothing_is_violated(first_release):
    buyer = first_release.customer(STICKERS, 2)
    assert buyer.do("GET", "/payment-methods")[0] == 200
    status, order = buyer.do("POST", "/checkout")
    assert (status, order["status"], order["total_cents"]) == (201, "paid", 380)
    assert first_release.violated() == set()


def test_an_answer_that_comes_late_charges_an_order_twice(first_release, lab):
    first_release.link.set(lab.only(1, lab.slow(0.3)))
    status, order = first_release.customer(STICKERS).do("POST", "/checkout")
    assert (status, order["status"]) == (201, "paid")
    assert first_release.violated() == {lab.CHARGED_TWICE}


def test_three_lost_answers_charge_a_cancelled_order_three_times(first_release, lab):
    first_release.link.set(lab.swallow("down"))
    status, answer = first_release.customer(STICKERS).do("POST", "/checkout")
    assert (status, answer["error"]) == (503, "payments did not answer")
    first_release.link.heal()
    assert first_release.violated() == {lab.CHARGED_TWICE}
    assert first_release.rows("payments", "SELECT count(*) FROM charges") == [(3,)]


def test_an_answer_that_is_only_somewhat_late_is_no_trouble(first_release, lab):
    first_release.link.set(lab.slow(0.05))
    assert first_release.customer(STICKERS).do("POST", "/checkout")[0] == 201
    first_release.link.heal()
    assert first_release.violated() == set()


@pytest.mark.parametrize("after_bytes", [1, 60, 200])
def test_an_answer_cut_anywhere_leaves_an_order_pending(first_release, lab, after_bytes):
    first_release.link.set(lab.cut("down", after_bytes))
    assert first_release.customer(STICKERS).do("POST", "/checkout")[0] == 500
    first_release.link.heal()
    assert first_release.violated() == {lab.PENDING}


def test_an_order_left_pending_holds_its_stock(first_release, lab):
    first_release.link.set(lab.cut("down", 200))
    assert first_release.customer(BAROMETER).do("POST", "/checkout")[0] == 500
    first_release.link.heal()
    assert first_release.customer(BAROMETER).do("POST", "/checkout")[0] == 409


def test_one_buyer_who_submits_twice_at_once_buys_the_last_one_twice(first_release, lab):
    first, second = first_release.customer(BAROMETER), first_release.anybody()
    second.cookie = first.cookie
    answers = lab.at_once(lambda: first.do("POST", "/checkout"), lambda: second.do("POST", "/checkout"))
    assert [status for status, _ in answers] == [201, 201]
    assert first_release.violated() == {lab.OVERSOLD}


def test_two_buyers_at_once_both_buy_the_last_one(first_release, lab):
    buyers = [first_release.customer(BAROMETER), first_release.customer(BAROMETER)]
    answers = lab.at_once(*(lambda buyer=buyer: buyer.do("POST", "/checkout") for buyer in buyers))
    assert [status for status, _ in answers] == [201, 201]
    assert first_release.violated() == {lab.OVERSOLD}


def test_buyers_one_after_the_other_do_not_oversell(first_release):
    first, second = first_release.customer(BAROMETER), first_release.customer(BAROMETER)
    assert [buyer.do("POST", "/checkout")[0] for buyer in (first, first, second)] == [201, 409, 409]
    assert first_release.violated() == set()


@pytest.mark.parametrize(
    ("product", "quantity", "coupon", "wrong"),
    [
        (STICKERS, 12, "TENPLUS", True),
        (STICKERS, 40, "TENPLUS", True),
        (STICKERS, 2, "TENPLUS", False),
        (STICKERS, 12, "WELCOME10", False),
        (STICKERS, 12, None, False),
        (7, 12, "TENPLUS", False),  # 12.90 each: 4.00 off leaves something to pay
    ],
)
def test_only_coupon_and_quantity_together_pay_the_customer(first_release, lab, product, quantity, coupon, wrong):
    buyer = first_release.customer(product, quantity)
    if coupon:
        assert buyer.do("POST", "/cart/coupon", {"code": coupon})[0] == 200
    assert buyer.do("POST", "/checkout")[0] == 201
    assert first_release.violated() == ({lab.BELOW_ZERO} if wrong else set())


def ask_at_once(shop, lab, times: int) -> list[int]:
    customers = [shop.anybody() for _ in range(times)]
    asked = (lambda customer=customer: customer.do("GET", "/payment-methods")[0] for customer in customers)
    return lab.at_once(*asked)


def test_timeouts_use_up_the_pool_for_good(first_release, lab):
    first_release.link.set(lab.slow(0.3))
    assert ask_at_once(first_release, lab, 3) == [503] * 3
    first_release.link.heal()
    customer = first_release.anybody()
    assert first_release.metric("payments_pool_in_use") == first_release.metric("payments_pool_size") == 8
    assert first_release.violated() == {lab.CANNOT_PAY}
    assert customer.do("GET", "/payment-methods") == (503, {"error": "payments busy"})
    assert customer.do("GET", "/healthz")[0] == 200
    assert sum(" WARN " in line for line in first_release.storefront.lines) >= 8


def test_fewer_timeouts_leave_room_in_the_pool(first_release, lab):
    first_release.link.set(lab.slow(0.3))
    assert ask_at_once(first_release, lab, 2) == [503] * 2
    first_release.link.heal()
    assert first_release.metric("payments_pool_in_use") == 6
    assert first_release.violated() == set()


def test_a_refused_connection_is_no_timeout(first_release):
    customer = first_release.customer(STICKERS)
    first_release.link.down()
    assert [customer.do("POST", "/checkout")[0] for _ in range(4)] == [503] * 4
    first_release.link.heal()
    assert first_release.violated() == set()
    assert customer.do("POST", "/checkout")[0] == 201
