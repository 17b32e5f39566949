"""What the shop says to odd requests, and what a reset leaves."""

import pytest

STICKERS = 2


@pytest.fixture(params=["first_release", "mended"])
def shop(request):
    return request.getfixturevalue(request.param)


ODD_BODIES = {
    "no JSON": b"{",
    "no object": b"[1]",
    "deep": b"[" * 20_000,
    "no UTF-8": b'{"email": "\xff"}',
    "half a surrogate": b'{"email": "\\ud800", "name": "x", "password": "y", "code": "\\udfff"}',
    "NUL": b'{"email": "a\\u0000", "name": "x", "password": "y", "code": "\\u0000"}',
    "blank": b'{"email": " ", "name": " ", "password": " ", "code": " ", "product_id": 2, "quantity": 0}',
    "huge": b'{"email": 1, "product_id": 2, "quantity": ' + b"9" * 4000 + b"}",
    "true": b'{"email": true, "product_id": 2, "quantity": true, "code": true}',
    "float": b'{"email": 1.5, "product_id": 2, "quantity": 1.0, "code": 1.5}',
    "NaN": b'{"email": NaN, "product_id": 2, "quantity": NaN, "code": NaN}',
    "negative": b'{"email": null, "product_id": 2, "quantity": -1, "code": null}',
    "nested": b'{"email": {}, "product_id": [2], "quantity": {}, "code": []}',
}


@pytest.mark.parametrize("odd", ODD_BODIES)
def test_odd_bodies_are_refused(shop, odd):
    customer = shop.customer()
    for path in ("/signup", "/login", "/cart/items", "/cart/coupon"):
        status, answer = customer.do("POST", path, raw=ODD_BODIES[odd])
        assert status in (400, 422), f"{path}: {answer}"
    assert customer.do("GET", "/cart")[1]["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("PUT", "/cart", 405),
        ("GET", "/products/0", 404),
        ("GET", "/products/999999999999999999999999", 404),
        ("GET", "/products/%E2%82%AC", 404),
        ("GET", "/products/²", 404),
        ("GET", "/orders/700001", 404),
        ("POST", "/orders/1/cancel", 404),
        ("DELETE", "/cart/items/2", 404),
        ("POST", "/checkout", 409),
        ("GET", "/products?page=%zz", 200),
    ],
)
def test_odd_paths_are_answered(shop, method, path, status):
    assert shop.customer().do(method, path.replace("²", "%C2%B2"))[0] == status


@pytest.mark.parametrize("path", ["/cart", "/orders", "/orders/700001"])
def test_strangers_are_told_to_log_in(shop, path):
    stranger = shop.anybody()
    stranger.cookie = "sid=0123"
    assert stranger.do("GET", path)[0] == 401


def test_one_customer_never_sees_the_order_of_another(shop):
    order_id = (buyer := shop.customer(STICKERS)).do("POST", "/checkout")[1]["order_id"]
    assert shop.customer().do("GET", f"/orders/{order_id}")[0] == 404
    assert shop.customer().do("POST", f"/orders/{order_id}/cancel")[0] == 404
    assert buyer.do("POST", f"/orders/{order_id}/cancel")[1]["status"] == "cancelled"


def test_a_customer_logs_in_with_the_right_password_only(shop):
    customer = shop.anybody()
    account = {"email": "someone@example.org", "name": "李小龙", "password": "pässword"}
    assert customer.do("POST", "/signup", account)[0] == 201
    assert shop.anybody().do("POST", "/signup", account)[0] == 409
    again = shop.anybody()
    assert again.do("POST", "/login", {**account, "password": "other"})[0] == 401
    assert again.do("POST", "/login", account)[1]["name"] == "李小龙"
    assert again.do("GET", "/cart")[0] == 200


def test_no_cart_holds_more_than_a_hundred_of_one_product(shop):
    customer = shop.customer(STICKERS, 100)
    assert customer.do("POST", "/cart/items", {"product_id": STICKERS, "quantity": 1})[0] == 422
    assert customer.do("GET", "/cart")[1]["items"][0]["quantity"] == 100


def test_a_cancelled_order_is_refunded_and_back_on_the_shelf(shop):
    customer = shop.customer(19, 2)
    order_id = customer.do("POST", "/checkout")[1]["order_id"]
    assert shop.rows("storefront", "SELECT stock FROM products WHERE id = 19") == [(0,)]
    assert customer.do("POST", f"/orders/{order_id}/cancel")[0] == 200
    assert shop.rows("storefront", "SELECT stock FROM products WHERE id = 19") == [(2,)]
    assert shop.rows("payments", "SELECT status FROM charges") == [("refunded",)]


def test_metrics_count_requests_by_route_and_orders_by_status(shop):
    customer = shop.customer(STICKERS)
    order_id = customer.do("POST", "/checkout")[1]["order_id"]
    customer.do("GET", f"/orders/{order_id}")
    text = customer.do("GET", "/metrics")[1]
    assert 'http_requests_total{route="GET /orders/{order_id}",status="200"} 1' in text
    assert 'orders{status="paid"} 1' in text
    assert 'orders{status="pending"} 0' in text


def test_a_reset_brings_the_seed_data_back_and_order_numbers_go_on(shop):
    before = shop.customer(STICKERS, 5).do("POST", "/checkout")[1]["order_id"]
    shop.reset()
    assert shop.rows("storefront", "SELECT count(*) FROM orders") == [(0,)]
    assert shop.rows("storefront", "SELECT stock FROM products WHERE id = 2") == [(5000,)]
    assert shop.rows("payments", "SELECT count(*) FROM charges") == [(0,)]
    assert shop.customer(STICKERS).do("POST", "/checkout")[1]["order_id"] == before + 1


def test_a_checkout_under_way_writes_nothing_into_the_shop_after_a_reset(shop, lab):
    buyers = [shop.customer(STICKERS) for _ in range(4)]
    shop.link.set(lab.swallow("down"))  # every charge is made, and its answer is lost

    def reset_once_charged():
        assert lab.soon(lambda: shop.rows("payments", "SELECT count(*) FROM charges") != [(0,)])
        shop.reset_services()

    lab.at_once(reset_once_charged, *(lambda buyer=buyer: buyer.do("POST", "/checkout") for buyer in buyers))
    shop.link.heal()
    assert shop.rows("storefront", "SELECT count(*) FROM orders") == [(0,)]
    assert shop.rows("storefront", "SELECT count(*) FROM products WHERE stock NOT IN (5000, 1, 2)") == [(0,)]
    assert shop.metric("payments_pool_in_use") == 0


def test_a_charge_that_arrives_after_a_reset_is_refused(shop):
    shop.link.hold_requests()
    shop.customer(STICKERS).do("POST", "/checkout")
    held = dict(shop.link.late)
    shop.reset()
    shop.link.late = held
    statuses = shop.link.deliver_late()
    assert statuses
    assert set(statuses) == {410}
    assert shop.rows("payments", "SELECT count(*) FROM charges") == [(0,)]


def test_a_reset_forgets_connections_that_never_came_back(first_release, lab):
    customers = [first_release.anybody() for _ in range(3)]
    first_release.link.set(lab.slow(0.3))
    lab.at_once(*(lambda customer=customer: customer.do("GET", "/payment-methods") for customer in customers))
    assert first_release.metric("payments_pool_in_use") == 8
    first_release.reset()
    assert first_release.metric("payments_pool_in_use") == 0
    assert first_release.violated() == set()


def test_a_reset_is_quick(shop):
    customer = shop.customer(STICKERS)
    customer.do("POST", "/checkout")
    customer.do("POST", "/__reset")
    took_s = []
    for _ in range(5):
        customer.do("POST", "/__reset")
        text = customer.do("GET", "/metrics")[1]
        line = next(
            line for line in text.splitlines() if line.startswith('http_request_seconds_sum{route="POST /__reset"')
        )
        took_s.append(float(line.split()[-1]))
    assert min(took_s) < 0.01


def test_what_a_request_causes_carries_its_trace_and_what_another_causes_does_not(shop):
    carried = []

    def watch(pipe, direction, chunk):
        if direction == "up":
            carried.append(b"traceparent: 00-aa-bb-01" in chunk)
        return chunk

    shop.link.set(watch)
    customer = shop.customer(STICKERS)
    customer.do("GET", "/payment-methods", traceparent="00-aa-bb-01")
    customer.do("GET", "/payment-methods")
    assert carried == [True, False]
