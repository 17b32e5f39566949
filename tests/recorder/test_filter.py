import pytest

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.filter import Filter, Pattern


def exchange(method: str = "GET", url: str = "/", host: str = "shop.example", status: int | None = 200) -> Exchange:
    response = Response(
        status=status or 0, status_text="", http_version="HTTP/1.1", headers=(), content=Content.of(b"")
    )
    return Exchange(
        id="e1",
        session="",
        connection="c1",
        started_s=0,
        request_ended_s=0,
        ended_s=0,
        request=Request(
            method=method,
            url=url,
            http_version="HTTP/1.1",
            headers=(Header("Host", host),),
            post_data=Content.of(b""),
        ),
        response=response if status else None,
        error=None if status else "gone",
    )


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("/healthz", {"url": "/healthz?deep=1"}, {"url": "/healthz/db"}),
        ("POST /orders*", {"method": "POST", "url": "/orders/7/items"}, {"method": "GET", "url": "/orders"}),
        ("GET,HEAD", {"method": "HEAD"}, {"method": "POST"}),
        ("/orders/{id}", {"url": "/orders/7"}, {"url": "/orders/7/items"}),
        ("/a.b", {"url": "/a.b"}, {"url": "/aXb"}),
        ("host=*.example", {"host": "Shop.Example:8080"}, {"host": "shop.example.com"}),
        ("host=[::1]", {"host": "[::1]:80"}, {"host": "[::2]"}),
        ("status=404", {"status": 404}, {"status": 403}),
        ("status=5xx /orders", {"status": 503, "url": "/orders"}, {"status": None, "url": "/orders"}),
    ],
)
def test_all_that_a_pattern_gives_must_fit(pattern: str, fits: dict, fits_not: dict) -> None:
    assert Pattern.parse(pattern).fits(exchange(**fits))
    assert not Pattern.parse(pattern).fits(exchange(**fits_not))


@pytest.mark.parametrize("pattern", ["", "orders", "get /x", "status=600", "status=4", "host=", "POST orders"])
def test_a_pattern_that_is_none_is_refused_with_what_is_allowed(pattern: str) -> None:
    with pytest.raises(ValueError, match="expected METHOD, /PATH, host=HOST and status=404 or 5xx"):
        Pattern.parse(pattern)


def test_kept_is_what_any_include_fits_and_no_exclude() -> None:
    kept = Filter.parse(include=["/orders*", "/carts*"], exclude=["status=404"])
    assert kept.keeps(exchange(url="/orders/1"))
    assert kept.keeps(exchange(url="/carts"))
    assert not kept.keeps(exchange(url="/items"))
    assert not kept.keeps(exchange(url="/orders/1", status=404))
    assert Filter().keeps(exchange())
    assert kept.said == {"include": "/orders* | /carts*", "exclude": "status=404"}
