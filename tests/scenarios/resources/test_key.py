"""Resources as paths name them."""

import pytest

from scenarios.resources.key import Key, kinds_in, named


def test_a_path_names_every_resource_on_its_way():
    cart, item = Key("/carts/{id}", ("7",)), Key("/carts/{id}/items/{id}", ("7", "a b"))
    assert named("PUT /carts/{id}/items/{id}", "/carts/7/items/a%20b?x=1") == (cart, item)
    assert str(item) == "/carts/7/items/a b"
    assert item.id == "a b"


@pytest.mark.parametrize("target", ["/carts", "/carts/7/items", "*"])
def test_a_target_that_does_not_fit_its_route_names_nothing(target: str):
    assert named("GET /carts/{id}", target) == ()


def test_the_kinds_of_a_template_stand_in_it_from_the_outermost():
    assert kinds_in("/carts/{id}/items/{id}/notes") == ("/carts/{id}", "/carts/{id}/items/{id}")
    assert kinds_in("/health") == ()
