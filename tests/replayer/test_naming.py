import pytest

from replayer.keying import names_in_url
from replayer.naming import (
    agree,
    is_carriage,
    keys_of,
    named,
    named_by_header,
    singular,
    snake,
    words_of,
    worthy,
)
from replayer.place import parse_place


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
        ("query:order[id]", "/search", ("order",)),
        ("query:page", "/search", ()),
        ("query:id", "/search", ()),
    ],
)
def test_what_a_place_of_a_url_is_the_id_of(place: str, target: str, names: tuple[str, ...]) -> None:
    assert names_in_url(parse_place(place), target.split("/")[1:]) == names


@pytest.mark.parametrize(
    ("keys", "words", "kind", "names"),
    [
        (("order_id",), (), "", ("order",)),
        (("order_ids",), (), "", ("order",)),
        (("orderId",), (), "", ("order",)),
        (("order", "id"), ("pay",), "", ("order",)),
        (("data", "id"), ("order",), "", ("order",)),
        (("id",), ("cancel", "order"), "", ("cancel", "order")),
        (("data", "author", "data", "id"), ("article",), "people", ("author", "people")),
        (("slug",), ("product",), "", ("product", "slug")),
        (("sku",), ("cart",), "", ("sku",)),
        (("quantity",), ("cart",), "", ()),
        (("country_code",), (), "", ()),
        ((), ("order",), "", ("order",)),
    ],
)
def test_what_a_key_of_a_body_is_the_id_of(
    keys: tuple[str, ...], words: tuple[str, ...], kind: str, names: tuple[str, ...]
) -> None:
    assert named(keys, words, kind, False) == names


@pytest.mark.parametrize(
    ("key", "names"), [("order", ("order",)), ("orders", ()), ("quantity", ()), ("queue_position", ())]
)
def test_a_bare_noun_may_name_a_thing_and_no_count_does(key: str, names: tuple[str, ...]) -> None:
    assert named((key,), (), "", True) == names


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/orders", ("order",)),
        ("/orders/7", ("order",)),
        ("/orders/cancel", ("cancel", "order")),
        ("/users/3/orders/9/items", ("item",)),
        ("/users/3/cart", ("cart",)),
        ("/", ()),
    ],
)
def test_what_a_path_is_about(path: str, words: tuple[str, ...]) -> None:
    assert words_of(path.split("/")[1:]) == words


def test_headers_of_the_carriage_and_a_clients_own_marks_take_part_in_no_flow() -> None:
    assert is_carriage("Content-Type")
    assert is_carriage("user-agent")
    assert not is_carriage("If-Match")
    assert is_carriage("Idempotency-Key")
    assert is_carriage("traceparent")
    assert named_by_header("X-Order-Id") == ("x_order",)
    assert "etag" in named_by_header("if-match")


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("order", "order", True),
        ("customer_order", "order", True),
        ("next_page_token", "page_token", True),
        ("cart_item", "order_item", False),
        ("user", "order", False),
        ("reorder", "order", False),
    ],
)
def test_names_agree_if_they_may_name_one_thing(ours: str, theirs: str, same: bool) -> None:
    assert agree((ours,), (theirs,)) is same
    assert agree((theirs,), (ours,)) is same


@pytest.mark.parametrize(
    ("name", "text", "is_worthy"), [("code", "DE", False), ("code", "A-17B", True), ("sku", "tea", True)]
)
def test_a_code_names_something_only_if_it_is_not_one_of_a_few(name: str, text: str, is_worthy: bool) -> None:
    assert worthy((name,), text) is is_worthy


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
    assert keys_of("order[lines][0][id]") == ("order", "lines", "0", "id")
