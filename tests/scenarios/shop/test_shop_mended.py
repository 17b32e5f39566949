"""SHOP_FIXED=1 under every fault of its link, with impatient customers: its books are right in the end."""

import pytest

STICKERS, BAROMETER = 2, 16

FAULTS = {
    "slow": lambda lab: lab.slow(0.15),
    "stalled": lambda lab: lab.swallow("up", "down"),
    "lost requests": lambda lab: lab.swallow("up"),
    "lost replies": lambda lab: lab.swallow("down"),
    "replies cut in the status line": lambda lab: lab.cut("down", 9),
    "replies cut in the headers": lambda lab: lab.cut("down", 60),
    "replies cut in the body": lambda lab: lab.cut("down", 200),
    "requests cut in the headers": lambda lab: lab.cut("up", 100),
    "requests cut before the last byte": lambda lab: lab.cut("up", 240),
    "reset after the work": lambda lab: lab.reset("down"),
    "reset before the work": lambda lab: lab.reset("up"),
    "one slow reply": lambda lab: lab.only(1, lab.slow(0.15)),
    "two lost replies": lambda lab: lab.only(2, lab.swallow("down")),
}


def unbalanced(shop) -> list[str]:
    """What is wrong in the books: the scenario's invariants, and what else must hold once nothing is under way."""
    wrong = sorted(shop.violated())
    wrong += [f"order {id_} is {status}" for id_, status in shop.rows("storefront", _BETWEEN)]
    captured = dict(
        shop.rows("payments", "SELECT order_id, sum(amount_cents) FROM charges WHERE status='captured' GROUP BY 1")
    )
    to_pay = dict(shop.rows("storefront", "SELECT id, total_cents FROM orders WHERE status='paid' AND total_cents > 0"))
    if captured != to_pay:
        wrong.append(f"captured {captured}, to be paid {to_pay}")
    wrong += [f"stock of {name} does not add up" for (name,) in shop.rows("storefront", _LEAKS)]
    if shop.metric("payments_pool_in_use") != 0:
        wrong.append("connections to payments are still in use")
    return wrong


_BETWEEN = "SELECT id, status FROM orders WHERE status IN ('pending', 'refunding')"
_LEAKS = """
SELECT name FROM products WHERE stock + coalesce((
    SELECT sum(quantity) FROM order_lines JOIN orders ON orders.id = order_id
    WHERE product_id = products.id AND status = 'paid'), 0) NOT IN (5000, 1, 2)
"""


@pytest.fixture
def balanced(mended, lab):
    """Checks the books, which have two seconds to come right."""

    def check():
        lab.soon(lambda: not unbalanced(mended), within_s=2)
        assert unbalanced(mended) == []

    return check


@pytest.mark.parametrize("fault", FAULTS)
def test_books_are_right_after(mended, lab, balanced, fault):
    # One has paid before it began and cancels during it, one submits twice at once, five buy.
    canceller, hasty, twin = mended.customer(STICKERS), mended.customer(STICKERS, 3), mended.anybody()
    order_id = canceller.do("POST", "/checkout")[1]["order_id"]
    twin.cookie = hasty.cookie
    buyers = [mended.customer(STICKERS, 2) for _ in range(5)]
    mended.link.set(FAULTS[fault](lab))
    answers = lab.at_once(
        lambda: canceller.do("POST", f"/orders/{order_id}/cancel"),
        *(lambda buyer=buyer: buyer.do("POST", "/checkout") for buyer in (hasty, twin, *buyers)),
    )
    assert mended.link.touched
    mended.link.heal()
    assert {status for status, _ in answers} <= {200, 201, 202, 409, 503}
    balanced()
    assert len(hasty.do("GET", "/orders")[1]["orders"]) == 1
    assert canceller.do("GET", f"/orders/{order_id}")[1]["status"] in ("paid", "cancelled")


def test_books_are_right_after_payments_was_down(mended, lab, balanced):
    buyers = [mended.customer(STICKERS) for _ in range(3)]
    mended.link.down()
    assert [buyer.do("POST", "/checkout")[0] for buyer in buyers] == [503] * 3
    mended.link.heal()
    balanced()
    assert [buyer.do("POST", "/checkout")[0] for buyer in buyers] == [201] * 3  # the carts are as they were


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_cut_at_any_byte_is_retried_through(mended, lab, balanced, direction):
    buyer = mended.customer()
    for after_bytes in range(0, 270, 5):
        assert buyer.do("POST", "/cart/items", {"product_id": STICKERS, "quantity": 1})[0] == 201
        mended.link.set(lab.only(1, lab.cut(direction, after_bytes)))
        assert buyer.do("POST", "/checkout")[0] == 201, f"cut after {after_bytes} bytes"
    mended.link.heal()
    balanced()


def test_a_settlement_cut_at_any_byte_is_repeated(mended, lab, balanced):
    for after_bytes in (0, 12, 60, 150):
        buyer = mended.customer(STICKERS)
        mended.link.set(lab.swallow("up", "down"))
        assert buyer.do("POST", "/checkout")[0] == 202
        mended.link.set(lab.cut("down", after_bytes))
        assert lab.soon(lambda: mended.link.hang_ups > 0)
        mended.link.heal()
    balanced()


def test_a_charge_that_arrives_after_it_was_voided_is_not_made(mended, lab, balanced):
    buyer = mended.customer(STICKERS)
    mended.link.hold_requests()
    status, order = buyer.do("POST", "/checkout")
    assert (status, order["status"]) == (202, "pending")
    held, mended.link.late = dict(mended.link.late), {}
    mended.link.heal()
    path = f"/orders/{order['order_id']}"
    assert lab.soon(lambda: buyer.do("GET", path)[1]["status"] == "cancelled")
    mended.link.late = held
    statuses = mended.link.deliver_late()
    assert statuses
    assert set(statuses) == {409}
    balanced()


def test_a_lost_answer_is_found_out_soon_after_the_network_is_well(mended, lab, balanced):
    buyer = mended.customer(STICKERS)
    mended.link.set(lab.swallow("down"))
    status, order = buyer.do("POST", "/checkout")
    assert status == 202
    mended.link.heal()
    path = f"/orders/{order['order_id']}"
    assert lab.soon(lambda: buyer.do("GET", path)[1]["status"] == "paid", within_s=1)
    balanced()


def test_an_order_in_doubt_is_settled_by_the_next_process(lab, tmp_path):
    shop = lab.Shop(tmp_path, fixed=True, timeout_ms=80)
    try:
        buyer = shop.customer(BAROMETER)
        shop.link.set(lab.swallow("down"))
        assert buyer.do("POST", "/checkout")[0] == 202
        shop.storefront.stop(kill=True)
        shop.link.heal()
        shop.start_storefront()
        assert lab.soon(lambda: not unbalanced(shop), within_s=2)
        assert shop.rows("storefront", "SELECT status FROM orders") == [("paid",)]
    finally:
        shop.close()


def test_of_ten_who_want_the_last_one_one_gets_it(mended, lab, balanced):
    buyers = [mended.customer(BAROMETER) for _ in range(10)]
    answers = lab.at_once(*(lambda buyer=buyer: buyer.do("POST", "/checkout") for buyer in buyers))
    assert sorted(status for status, _ in answers) == [201] + [409] * 9
    balanced()


def test_a_cart_submitted_five_times_at_once_is_one_order(mended, lab, balanced):
    buyer = mended.customer(STICKERS)
    tabs = [mended.anybody() for _ in range(5)]
    for tab in tabs:
        tab.cookie = buyer.cookie
    answers = lab.at_once(*(lambda tab=tab: tab.do("POST", "/checkout") for tab in tabs))
    assert sorted(status for status, _ in answers) == [201] + [409] * 4
    balanced()


def test_an_order_cancelled_five_times_at_once_is_refunded_once(mended, lab, balanced):
    buyer = mended.customer(STICKERS, 4)
    order_id = buyer.do("POST", "/checkout")[1]["order_id"]
    tabs = [mended.anybody() for _ in range(5)]
    for tab in tabs:
        tab.cookie = buyer.cookie
    cancel = f"/orders/{order_id}/cancel"
    answers = lab.at_once(*(lambda tab=tab: tab.do("POST", cancel) for tab in tabs))
    assert sorted(status for status, _ in answers) == [200] + [409] * 4
    balanced()


def test_a_coupon_makes_nothing_cheaper_than_free(mended, balanced):
    buyer = mended.customer(STICKERS, 12)
    buyer.do("POST", "/cart/coupon", {"code": "TENPLUS"})
    status, order = buyer.do("POST", "/checkout")
    assert (status, order["total_cents"]) == (201, 0)
    balanced()


def test_timeouts_leave_the_pool_as_it_was(mended, lab):
    customers = [mended.anybody() for _ in range(8)]
    customer = customers[0]
    mended.link.set(lab.slow(0.15))
    asked = (lambda customer=customer: customer.do("GET", "/payment-methods")[0] for customer in customers)
    assert lab.at_once(*asked) == [503] * 8
    mended.link.heal()
    assert mended.metric("payments_pool_in_use") == 0
    assert customer.do("GET", "/payment-methods")[0] == 200
