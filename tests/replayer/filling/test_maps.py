from collections.abc import Callable

import pytest

from replayer.filling.filling import Mapped, Spot
from replayer.filling.maps import Maps
from replayer.filling.spots import parse_spot
from replayer.plan import Step

Make = Callable[..., Step]
PRODUCTS = Mapped(
    spots=(Spot(place="json:$.product"), Spot(place="path:1", route="GET /products/{id}")),
    values={"7": "1007", "tea": "mug"},
)


def sent(maps: Maps, step: Step) -> tuple[str, str]:
    request = maps.fill(step, step.request)
    return request.target, request.body.raw.decode() if request.body else ""


def test_values_at_typed_places_become_the_targets_own_and_keep_their_type(step: Make) -> None:
    maps = Maps([PRODUCTS])
    assert sent(maps, step("s1", target="/cart", body='{"product": 7, "n": 7}'))[1] == '{"product": 1007, "n": 7}'
    assert sent(maps, step("s2", target="/cart", body='{"product": "7"}'))[1] == '{"product": "1007"}'
    assert sent(maps, step("s3", target="/products/7", route="GET /products/{id}"))[0] == "/products/1007"
    assert sent(maps, step("s4", target="/orders/7", route="GET /orders/{id}"))[0] == "/orders/7"
    assert (maps.written, maps.unmapped) == (3, 0)


def test_what_the_map_has_not_got_is_sent_as_recorded_and_counted(step: Make) -> None:
    maps = Maps([PRODUCTS])
    assert sent(maps, step("s1", target="/cart", body='{"product": 8}'))[1] == '{"product": 8}'
    assert maps.unmapped == 1


def test_what_is_bound_is_not_mapped(step: Make) -> None:
    bound = step("s2", target="/cart", body='{"product": 7}', bound=(("json:$.product", "s1", "json:$.id"),))
    assert sent(Maps([PRODUCTS]), bound)[1] == '{"product": 7}'


def test_one_value_can_stand_for_whatever_there_was(step: Make) -> None:
    maps = Maps([Mapped(spots=(Spot(place="header:X-Api-Key"),), always="staging")])
    keyed = step("s1", headers=(("x-api-key", "production"),))
    assert maps.fill(keyed, keyed.request).headers == (("x-api-key", "staging"),)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("json:$.user", Spot(place="json:$.user")),
        ("POST /login form:user", Spot(place="form:user", route="POST /login")),
        ("GET /users/{id} path:1", Spot(place="path:1", route="GET /users/{id}")),
    ],
)
def test_a_spot_is_a_place_of_one_route_or_of_all(text: str, spot: Spot) -> None:
    assert parse_spot(text) == spot


@pytest.mark.parametrize("text", ["user", "POST json:$.a", "html:csrf", "json:$.a > path:1", "json:a"])
def test_what_is_no_place_of_requests_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a"):
        parse_spot(text)
