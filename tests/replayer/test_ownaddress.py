from replayer.ownaddress import at_home, without_own
from replayer.plan import Body, Request
from replayer.target import Target

HOST = ("Host", "shop.example:8080")
STAGING = Target.parse("https://staging.example")


def asked(body: str = "", *headers: tuple[str, str], target: str = "/") -> Request:
    return Request(method="POST", target=target, headers=(HOST, *headers), body=Body.of(body.encode()))


def body_of(request: Request) -> str:
    return request.body.text or "" if request.body else ""


def test_urls_of_the_systems_own_address_are_the_targets_in_headers_target_and_body() -> None:
    own = "http://shop.example:8080"
    request = asked(
        f'{{"self": "{own}/a", "escaped": "http:\\/\\/shop.example:8080\\/b"}}',
        ("Origin", own),
        ("Referer", f"{own}/cart?x=1"),
        ("Destination", f"{own}/b.txt"),
        target="/login?next=http%3A%2F%2Fshop.example%3A8080%2Fcart",
    )
    moved = at_home(request, STAGING)
    assert moved.headers == (
        HOST,
        ("Origin", "https://staging.example"),
        ("Referer", "https://staging.example/cart?x=1"),
        ("Destination", "https://staging.example/b.txt"),
    )
    assert moved.target == "/login?next=https%3A%2F%2Fstaging.example%2Fcart"
    assert body_of(moved) == '{"self": "https://staging.example/a", "escaped": "https:\\/\\/staging.example\\/b"}'


def test_a_forms_value_stays_percent_encoded() -> None:
    target = Target.parse("http://127.0.0.1:99")
    moved = at_home(asked("next=http%3A%2F%2Fshop.example%3A8080%2Fcart&a=1"), target)
    assert body_of(moved) == "next=http%3A%2F%2F127.0.0.1%3A99%2Fcart&a=1"


def test_what_is_no_url_of_that_very_address_stays() -> None:
    text = (
        "shop.example:8080 http://shop.example:80801/ http://shop.example:8080.evil.example/ http://shop.example/ "
        "ftp://shop.example:8080/ http://other.example:8080/"
    )
    assert body_of(at_home(asked(text), STAGING)) == text


def test_the_same_address_and_requests_without_a_host_stay_the_same_object() -> None:
    same = asked("http://shop.example:8080/")
    assert at_home(same, Target.parse("http://shop.example:8080")) is same
    without = Request(method="GET", target="/")
    assert at_home(without, STAGING) is without


def test_bytes_that_are_no_text_stay() -> None:
    raw = b"\xff http://shop.example:8080/"
    request = Request(method="POST", target="/", headers=(HOST,), body=Body.of(raw))
    moved = at_home(request, STAGING)
    assert moved.body is not None
    assert moved.body.raw == raw


def test_an_answers_own_address_is_nobodys_so_that_two_systems_can_be_compared() -> None:
    one = b'{"self": "http://127.0.0.1:1/a", "other": "http://127.0.0.1:11/a"}'
    assert without_own(one, "127.0.0.1:1") == b'{"self": "http://own.invalid/a", "other": "http://127.0.0.1:11/a"}'
    encoded = b"next=https%3A%2F%2Fshop.example%2Fcart"
    assert without_own(encoded, "shop.example") == b"next=http%3A%2F%2Fown.invalid%2Fcart"
    assert without_own(one, "") is one
    assert without_own(one, "shop.example") is one
