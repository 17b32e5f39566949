import pytest

from replayer.meaning import agree, informative, is_carriage, names_in_answer, names_in_request, singular, small, snake
from replayer.place import parse_place


@pytest.mark.parametrize(
    "value",
    [
        "0f6ac896-505a-45a5-8a90-70f8be1856b8",
        "ord_8f3k2l9",
        1795448339979,
        '"1795448339979"',
        "eyJhbGciOiJub25lIn0.e30.",
        "dGhpc0lzQVRva2Vu",
        "2024-05-01T10:00:00Z",
    ],
)
def test_long_and_random_looking_values_say_where_they_came_from(value: object) -> None:
    assert informative(value)


@pytest.mark.parametrize(
    "value",
    [1, 7, 1999, 250_000, True, None, 19.99, "", "7", "pending", "credit_card", "2024-05-01", "A Long Plain Title"],
)
def test_small_and_common_values_do_not(value: object) -> None:
    assert not informative(value)


@pytest.mark.parametrize(
    ("value", "can_be_an_id"), [(7, True), ("green-tea", True), (True, False), ("a b", False), ("", False)]
)
def test_small_values_can_be_ids(value: object, can_be_an_id: bool) -> None:
    assert small(value) is can_be_an_id


@pytest.mark.parametrize(
    ("place", "target", "names"),
    [
        ("path:1", "/orders/7", ("order",)),
        ("path:3", "/v1/users/3/orders/7", ()),
        ("path:4", "/v1/users/3/order-items/7", ("order_item",)),
        ("path:1", "/v1/orders", ()),
        ("path:2", "/orders/7/pay", ()),
        ("path:0", "/orders/7", ()),
        ("query:orderId", "/search", ("order",)),
        ("query:page", "/search", ()),
        ("json:$.order_id", "/pay", ("order",)),
        ("json:$.order_ids[0]", "/pay", ("order",)),
        ("json:$.order.id", "/pay", ("order",)),
        ("json:$.id", "/orders/cancel", ("cancel", "order")),
        ("json:$.sku", "/cart", ("sku",)),
        ("json:$.quantity", "/cart", ()),
        ("header:X-Order-Id", "/pay", ("x_order",)),
    ],
)
def test_what_a_place_of_a_request_is_the_id_of(place: str, target: str, names: tuple[str, ...]) -> None:
    assert names_in_request(parse_place(place), target) == names


@pytest.mark.parametrize(
    ("place", "target", "names"),
    [
        ("json:$.id", "/orders", ("order",)),
        ("json:$.data.id", "/v1/orders/7", ("order",)),
        ("json:$.orders[0].id", "/home", ("order",)),
        ("json:$[0].id", "/orders", ("order",)),
        ("json:$.order_id", "/checkout", ("order",)),
        ("json:$.quantity", "/cart", ("quantity",)),
        ("path:1", "/checkout", ("order",)),
        ("header:ETag", "/orders", ("etag",)),
    ],
)
def test_what_a_place_of_an_answer_may_be_the_id_of(place: str, target: str, names: tuple[str, ...]) -> None:
    assert names_in_answer(parse_place(place), target, location="/orders/7") == names


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("order", "order", True),
        ("customer_order", "order", True),
        ("cart_item", "order_item", False),
        ("user", "order", False),
    ],
)
def test_names_agree_if_they_may_name_one_thing(ours: str, theirs: str, same: bool) -> None:
    assert agree([ours], [theirs]) is same
    assert agree([theirs], [ours]) is same


def test_words_are_compared_in_one_form() -> None:
    assert [snake(name) for name in ("orderId", "order-id", "ORDER_ID", "HTTPServer")] == [
        "order_id",
        "order_id",
        "order_id",
        "http_server",
    ]
    assert [singular(noun) for noun in ("orders", "categories", "addresses", "status", "news", "boxes")] == [
        "order",
        "category",
        "address",
        "status",
        "new",
        "box",
    ]


def test_headers_of_the_carriage_take_part_in_no_flow() -> None:
    assert is_carriage(parse_place("header:Content-Type"))
    assert is_carriage(parse_place("header:user-agent"))
    assert not is_carriage(parse_place("header:If-Match"))
    assert not is_carriage(parse_place("query:host"))
