import pytest

from replayer.traffic.picking import Routes


@pytest.mark.parametrize(
    ("pattern", "route", "fits"),
    [
        ("POST /orders", "POST /orders", True),
        ("POST /orders", "POST /orders/{id}", False),
        ("POST /orders*", "POST /orders/{id}", True),
        ("GET *", "GET /", True),
        ("GET *", "POST /", False),
        ("* /orders/{id}", "PUT /orders/{id}", True),
        ("/orders/{id}", "DELETE /orders/{id}", True),
        ("/orders*", "GET /orders/{id}/items", True),
        ("/a[b]", "GET /a[b]", True),
        ("/a[b]", "GET /ab", False),
        ("get /orders", "GET /orders", False),
    ],
)
def test_patterns_fit_the_whole_route(pattern: str, route: str, *, fits: bool) -> None:
    assert Routes([pattern]).fit(route) is fits


def test_a_pattern_that_fitted_nothing_is_told() -> None:
    routes = Routes(["GET /orders*", "GET /oders*"])
    routes.fit("GET /orders/{id}")
    assert routes.unmatched == ("GET /oders*",)
