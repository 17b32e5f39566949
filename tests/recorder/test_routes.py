import tracemalloc
from random import Random

import pytest

from recorder.routes import Routes, looks_like_an_id, segments_of, tokens_of

UUID = "0b5c1f9e-8d0a-4d9b-9a55-0d4b8a3b6c11"


def learned(*targets: str) -> Routes:
    return Routes.learn(("GET", target) for target in targets)


@pytest.mark.parametrize(
    "segment",
    [
        "17",
        "-3",
        "2024-05-01",
        UUID,
        UUID.upper(),
        "9f86d081884c7d65",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "ord_8f3k2l9",
        "sku-7",
        "user1234",
        "ada%40example.org",
        "a1b2c3",
    ],
)
def test_ids_are_told_by_their_look(segment: str) -> None:
    assert looks_like_an_id(segment)


@pytest.mark.parametrize(
    "segment", ["", "orders", "v1", "v2.1", "oauth2", "sha256", "payment-methods", "__reset", "deadbeef", "-", "{x}"]
)
def test_words_and_versions_are_no_ids(segment: str) -> None:
    assert not looks_like_an_id(segment)


@pytest.mark.parametrize(
    ("target", "segments"),
    [
        ("/", [""]),
        ("/a/b?c=/d", ["a", "b"]),
        ("/a/b/", ["a", "b", ""]),
        ("http://h:1/a", ["a"]),
        ("http://h", [""]),
        ("/a#f", ["a"]),
        ("*", [""]),
    ],
)
def test_segments_are_those_of_the_path_as_sent(target: str, segments: list[str]) -> None:
    assert segments_of(target) == segments


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("GET", "/", "GET /"),
        ("POST", "/orders/17/items?x=1", "POST /orders/{id}/items"),
        (
            "PUT",
            f"/buckets/blog/collections/articles/records/{UUID}",
            "PUT /buckets/blog/collections/articles/records/{id}",
        ),
        ("GET", "/v1/orders/", "GET /v1/orders/"),
    ],
)
def test_without_anything_learned_looks_decide(method: str, target: str, route: str) -> None:
    assert Routes.learn([]).of(method, target) == route


def test_many_slugs_none_of_which_comes_often_are_ids() -> None:
    routes = learned(*(f"/articles/{word}/comments" for word in WORDS), *(f"/articles/{word}" for word in WORDS))
    assert routes.of("GET", f"/articles/{WORDS[3]}/comments") == "GET /articles/{id}/comments"
    assert routes.of("GET", "/articles/never-seen") == "GET /articles/{id}"


def test_a_word_among_slugs_with_which_something_else_is_done_stays_a_word() -> None:
    slugs = [f"/articles/{word}" for word in WORDS]
    routes = learned(*slugs, "/articles/search?q=a", "/articles/search?q=b")
    assert routes.of("GET", "/articles/search?q=c") == "GET /articles/search"
    assert routes.of("GET", slugs[0]) == "GET /articles/{id}"


def test_a_vocabulary_stays_words_however_often_it_is_used() -> None:
    calls = [f"/rpc/{word}" for word in WORDS] * 30
    assert learned(*calls).of("GET", calls[0]) == f"GET {calls[0]}"


def test_words_under_which_nothing_is_the_same_stay_words() -> None:
    targets = [f"/{word}/{word[::-1]}" for word in WORDS]
    assert learned(*targets).of("GET", f"/{WORDS[0]}/x") == f"GET /{WORDS[0]}/x"


def test_few_words_stay_words_though_each_came_once() -> None:
    targets = [f"/{word}" for word in WORDS[:12]]
    assert learned(*targets).of("GET", targets[0]) == f"GET {targets[0]}"


def test_a_word_that_comes_after_the_words_were_folded_is_told_by_what_is_done_with_it() -> None:
    routes = learned(*(f"/articles/{word}" for word in WORDS))
    routes.add("GET", "/articles/new-slug", tokens_of("/articles/new-slug"))
    routes.add("GET", "/articles/search?q=a", tokens_of("/articles/search?q=a"))
    routes.settle()
    assert routes.of("GET", "/articles/new-slug") == "GET /articles/{id}"
    assert routes.of("GET", "/articles/search?q=b") == "GET /articles/search"


def test_learning_holds_a_bounded_number_of_words_whatever_comes() -> None:
    random = Random(1)
    letters = "abcdefghijklm"
    paths = ("/" + "/".join("".join(random.choices(letters, k=6)) for _ in range(4)) for _ in range(30_000))
    tracemalloc.start()
    try:
        routes = learned(*(["/shop/cart/items"] * 3), *paths)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 60 << 20
    assert routes.of("GET", "/shop/cart/items") == "GET /shop/cart/items"


def test_a_path_with_thousands_of_segments_has_a_route() -> None:
    deep = "/a" * 100_000
    assert learned(deep).of("GET", deep) == f"GET {'/a' * 39}/{{rest}}"
    assert len(segments_of(deep)) == 40


def test_where_words_are_folded_while_learning_the_routes_are_those_of_learning_at_once() -> None:
    targets = [f"/users/{chr(97 + n % 26) * (n // 26 % 40 + 1)}{'xyz'[n % 3]}/posts" for n in range(6000)]
    routes = learned(*targets)
    assert routes.compactions > 1 or len(set(targets)) < 4096
    assert {routes.of("GET", target) for target in targets} == {"GET /users/{id}/posts"}


WORDS = [
    first + second
    for first in ("red", "blue", "old", "new", "big", "raw")
    for second in ("-tea", "-cup", "-pot", "-jar", "-tin")
]


def test_routes_are_told_again_from_their_names_alone() -> None:
    slugs = [f"/articles/{word}" for word in (f"{a}{b}-tea" for a in "abcdefghij" for b in "klmnopqrst")]
    targets = ["/", "/orders/17/items", "/articles/search?q=x", "/about", *slugs]
    routes = learned(*targets)
    again = Routes.known({routes.of("GET", target) for target in targets})
    assert {again.of("GET", target) for target in targets} == {routes.of("GET", target) for target in targets}
    assert again.of("GET", "/articles/zz-coffee") == "GET /articles/{id}"
    assert again.of("POST", "/basket") == "POST /basket"
