import json
from collections.abc import Mapping

import pytest

from replayer.bindings import Learner
from replayer.outcome import Answer
from replayer.plan import Body, Request

TOKEN = "tok_4f9a8b7c6d5e"
JSON = ("Content-Type", "application/json")


class Talk:
    """Exchanges one after the other, half a second each; gives bindings as 'into <- from at in wrap'."""

    def __init__(self) -> None:
        self.learner = Learner()
        self.now_s = 0.0
        self.count = 0

    def __call__(
        self,
        line: str,
        said: object = None,
        *,
        body: object = None,
        headers: tuple[tuple[str, str], ...] = (),
        answered: Mapping[str, str] | tuple[tuple[str, str], ...] = (),
        session: str = "a",
        status: int = 200,
        takes_s: float = 0.4,
    ) -> list[str]:
        method, target = line.split()
        self.count += 1
        self.now_s += 0.5
        text = Body(text=json.dumps(body)) if body is not None else None
        request = Request(method=method, target=target, headers=(JSON, *headers), body=text)
        content = json.dumps(said).encode() if said is not None else b""
        answer = Answer(status=status, headers=tuple(dict(answered).items()), body=content)
        step = f"s{self.count}"
        found = self.learner.meet(step, session, request, self.now_s, self.now_s + takes_s, answer)
        return [f"{b.into} <- {b.from_} {b.at}" + (f" in {b.wrap}" if b.wrap != "{}" else "") for b in found]


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_an_id_made_by_the_server_is_bound_in_path_query_and_body(talk: Talk) -> None:
    talk("POST /orders", {"order": {"id": 7, "ref": TOKEN}})
    assert talk("GET /orders/7") == ["path:1 <- s1 json:$.order.id"]
    assert talk("GET /search?order_id=7") == ["query:order_id <- s1 json:$.order.id"]
    assert talk("POST /pay", body={"order_id": 7, "note": TOKEN}) == [
        "json:$.note <- s1 json:$.order.ref",
        "json:$.order_id <- s1 json:$.order.id",
    ]


@pytest.mark.parametrize(
    "said", [{"id": 7}, {"data": {"id": 7}}, {"order_id": 7}, {"orderId": 7}, {"order": {"id": "7"}}, {"order": 7}]
)
def test_a_small_id_is_bound_where_both_places_name_the_same_thing(talk: Talk, said: object) -> None:
    talk("POST /orders", said)
    assert len(talk("GET /orders/7")) == 1


@pytest.mark.parametrize(
    ("said", "line", "body"),
    [
        ({"quantity": 7}, "GET /orders/7", None),
        ({"order_id": 7}, "POST /cart", {"quantity": 7}),
        ({"order_id": 7}, "GET /products/7", None),
        ({"order_id": 7}, "GET /search?page=7", None),
        ({"paid": True, "status": "open", "total": 19.5}, "POST /pay", {"paid": True, "status": "open", "total": 19.5}),
        ({"day": "2024-05-01"}, "GET /days?day=2024-05-01", None),
    ],
)
def test_equal_small_values_that_name_other_things_are_no_flow(
    talk: Talk, said: object, line: str, body: object
) -> None:
    talk("POST /orders", said)
    assert talk(line, body=body) == []


def test_a_quantity_equal_to_the_id_that_comes_back_hides_no_flow(talk: Talk) -> None:
    talk("POST /orders", {"order_id": 2}, body={"quantity": 2})
    assert talk("GET /orders/2") == ["path:1 <- s1 json:$.order_id"]


def test_what_the_client_said_first_is_its_own(talk: Talk) -> None:
    talk("PUT /notes/0f6ac896-505a-45a5", {"id": "0f6ac896-505a-45a5"}, body={"title": "Draft 20241101"})
    assert talk("GET /notes/0f6ac896-505a-45a5", {"title": "Draft 20241101"}) == []
    assert talk("GET /search?q=Draft%2020241101") == []


def test_what_an_answer_only_repeats_makes_no_binding_to_it(talk: Talk) -> None:
    talk("POST /orders", {"id": TOKEN})
    assert talk(f"GET /orders/{TOKEN}", {"id": TOKEN}) == ["path:1 <- s1 json:$.id"]
    assert talk(f"DELETE /orders/{TOKEN}") == ["path:1 <- s1 json:$.id"]


def test_an_answer_that_had_not_come_when_the_request_began_is_not_its_source(talk: Talk) -> None:
    talk("POST /orders", {"id": TOKEN}, takes_s=5.0)
    assert talk(f"GET /orders/{TOKEN}") == []


def test_an_etag_goes_to_if_match_from_the_latest_answer_even_if_the_body_says_it_too(talk: Talk) -> None:
    talk("PUT /notes/a", {"last_modified": 1699000000001}, answered={"ETag": '"1699000000001"'})
    talk("GET /notes/a", {"last_modified": 1699000000001}, answered={"ETag": '"1699000000001"'})
    found = talk("PATCH /notes/a", headers=(("If-Match", '"1699000000001"'),), body={"last_modified": 1699000000001})
    assert found == ["header:If-Match <- s2 header:ETag", "json:$.last_modified <- s2 json:$.last_modified"]


def test_a_version_of_the_body_goes_to_if_match_in_its_quotes(talk: Talk) -> None:
    talk("GET /notes/a", {"version": 3})
    assert talk("PUT /notes/a", headers=(("If-Match", '"3"'),)) == ['header:If-Match <- s1 json:$.version in "{}"']


def test_of_equal_small_etags_the_one_of_the_same_resource_is_meant(talk: Talk) -> None:
    talk("GET /notes/a", answered={"ETag": '"1"'})
    talk("GET /notes/b", answered={"ETag": '"1"'})
    assert talk("PUT /notes/a", headers=(("If-Match", '"1"'),)) == ["header:If-Match <- s1 header:ETag"]


def test_a_cookie_is_bound_to_the_answer_that_set_it_first(talk: Talk) -> None:
    talk("POST /login", answered={"Set-Cookie": "sid=short; Path=/"})
    talk("GET /cart", answered={"Set-Cookie": "sid=short; Path=/"}, headers=(("Cookie", "sid=short"),))
    assert talk("GET /orders", headers=(("Cookie", "theme=dark; sid=short"),)) == ["cookie:sid <- s1 cookie:sid"]


def test_a_cookie_that_changed_is_bound_to_the_answer_that_changed_it(talk: Talk) -> None:
    talk("POST /login", answered={"Set-Cookie": "sid=one"})
    talk("POST /rotate", answered={"Set-Cookie": "sid=two"})
    assert talk("GET /orders", headers=(("Cookie", "sid=two"),)) == ["cookie:sid <- s2 cookie:sid"]


def test_a_bearer_token_and_a_csrf_token_are_bound_to_what_gave_them(talk: Talk) -> None:
    talk("POST /login", {"access_token": TOKEN}, answered={"X-CSRF-Token": "c5rf-T0k3n-x"})
    headers = (("Authorization", f"Bearer {TOKEN}"), ("X-CSRF-Token", "c5rf-T0k3n-x"))
    assert talk("POST /orders", headers=headers) == [
        "header:Authorization <- s1 json:$.access_token in Bearer {}",
        "header:X-CSRF-Token <- s1 header:X-CSRF-Token",
    ]


def test_a_location_gives_the_id_of_what_was_made(talk: Talk) -> None:
    talk("POST /orders", answered={"Location": "https://shop.example/orders/7?key=abc12345"}, status=201)
    assert talk("GET /orders/7?key=abc12345") == ["path:1 <- s1 path:1", "query:key <- s1 query:key"]


def test_small_ids_of_a_list_that_was_there_before_stay_as_they_are(talk: Talk) -> None:
    talk("GET /products", {"products": [{"id": 3, "price_cents": 450}]})
    assert talk("GET /products/3", {"id": 3}) == []
    assert talk("POST /cart", body={"product_id": 3}) == []


def test_random_ids_of_a_list_are_bound_and_rather_to_the_answer_about_the_one_thing(talk: Talk) -> None:
    talk("GET /products", {"products": [{"id": TOKEN}]})
    assert talk("POST /cart", {"line": {"product_id": TOKEN, "id": 1}}, body={"product_id": TOKEN}) == [
        "json:$.product_id <- s1 json:$.products[0].id"
    ]
    talk("POST /orders", {"id": "ord_11aa22bb"})
    talk("GET /orders", [{"id": "ord_11aa22bb"}])
    assert talk("GET /orders/ord_11aa22bb") == ["path:1 <- s3 json:$.id"]


def test_a_value_goes_between_sessions_if_its_own_never_heard_it(talk: Talk) -> None:
    talk("POST /orders", {"id": 7, "ref": TOKEN}, session="customer")
    assert talk(f"GET /refs/{TOKEN}", session="support") == ["path:1 <- s1 json:$.ref"]
    assert talk("POST /orders/7/refund", session="support") == ["path:1 <- s1 json:$.id"]
    talk("GET /orders", {"orders": [{"id": 7}]}, session="support")
    assert talk("POST /orders/7/close", session="support") == ["path:1 <- s4 json:$.orders[0].id"]


def test_a_small_id_that_was_only_read_goes_to_no_other_session(talk: Talk) -> None:
    talk("GET /products/first", {"id": 3}, session="a")
    assert talk("POST /cart", body={"product_id": 3}, session="b") == []


def test_an_answer_of_the_servers_own_failure_is_no_source(talk: Talk) -> None:
    talk("POST /orders", {"error_id": TOKEN}, status=503)
    assert talk(f"GET /errors/{TOKEN}") == []


def test_a_value_inside_of_a_text_is_bound_once(talk: Talk) -> None:
    talk("POST /notes", {"etag": TOKEN, "other": "5fd3b2a1-77aa-4c1d-9e2f-0123456789ab"})
    assert talk("PUT /notes/a", headers=(("If-Match", f'"{TOKEN}"'),)) == [
        'header:If-Match <- s1 json:$.etag in "{}"',
    ]
    query = f'a(id: "{TOKEN}") b(id: "5fd3b2a1-77aa-4c1d-9e2f-0123456789ab")'
    assert len(talk("POST /graphql", body={"query": query})) == 2


def test_an_item_of_a_list_is_told_by_its_name_and_a_small_id_of_one_only_so(talk: Talk) -> None:
    talk("GET /products", {"products": [{"id": 3, "name": "Green Tea"}, {"id": 4, "name": "Mug"}]})
    assert talk("POST /cart", body={"product_id": 3}) == [
        'json:$.product_id <- s1 json:$.products[?@.name=="Green Tea"].id'
    ]


def test_a_link_that_is_followed_gives_what_stands_in_it(talk: Talk) -> None:
    talk("GET /feed", {"next": "https://api.example/feed?page=2&mark=7", "self": "/feed"})
    assert talk("GET /feed?page=2&mark=7") == [
        "query:mark <- s1 json:$.next > query:mark",
        "query:page <- s1 json:$.next > query:page",
    ]


def test_what_was_recorded_as_refused_carries_the_credential_that_it_carried(talk: Talk) -> None:
    talk("POST /login", {"token": TOKEN})
    bearer = (("Authorization", f"Bearer {TOKEN}"),)
    assert talk("GET /orders", headers=bearer, status=401) == []
    assert len(talk("GET /orders", headers=bearer, status=403)) == 1


def test_confidence_falls_where_only_a_position_tells(talk: Talk) -> None:
    def confidence(said: object, line: str) -> float:
        learner = Learner()
        answer = Answer(status=200, body=json.dumps(said).encode())
        learner.meet("s1", "a", Request(method="POST", target="/orders"), 0.0, 0.1, answer)
        method, target = line.split()
        (binding,) = learner.meet("s2", "a", Request(method=method, target=target), 1.0, 1.1, None)
        return binding.confidence

    drawn = confidence({"id": TOKEN}, f"GET /orders/{TOKEN}")
    small = confidence({"id": 7}, "GET /orders/7")
    named = confidence([{"name": "x", "id": TOKEN}], f"GET /orders/{TOKEN}")
    by_index = confidence([{"id": TOKEN}], f"GET /orders/{TOKEN}")
    assert 1 > drawn > named > small > 0.9 > by_index
