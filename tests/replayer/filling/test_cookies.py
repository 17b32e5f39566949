import pytest

from replayer.filling.cookies import Jars, set_by
from replayer.outcome import Answer
from replayer.plan import Request

NOW_S = 1_700_000_000.0


def setting(*cookies: str) -> Answer:
    return Answer(status=200, headers=tuple(("Set-Cookie", cookie) for cookie in cookies))


def sent(
    jars: Jars, cookie: str | None, target: str = "/shop/cart", now_s: float = NOW_S, session: str = "a"
) -> object:
    headers = (("Accept", "*/*"), *((("Cookie", cookie),) if cookie is not None else ()))
    request = jars.fill(session, Request(method="GET", target=target, headers=headers), now_s)
    return dict(request.headers).get("Cookie")


def jars_with(*cookies: str, target: str = "/shop/login", trusted: bool = False) -> Jars:
    jars = Jars(trusted)
    jars.keep("a", target, setting(*cookies), NOW_S)
    return jars


def test_a_cookie_that_was_set_replaces_the_recorded_one_and_one_of_old_stays() -> None:
    jars = jars_with("sid=new; Path=/; HttpOnly")
    assert sent(jars, "theme=dark; sid=old") == "theme=dark; sid=new"
    assert sent(jars, "theme=dark") == "theme=dark"
    assert sent(jars, None) is None
    assert sent(jars, "sid=old", session="b") == "sid=old"
    assert jars.sent == 1


@pytest.mark.parametrize("gone", ["a=; Max-Age=0", "a=x; Max-Age=-9", "a=x; Expires=Thu, 01-Jan-1970 00:00:00 GMT"])
def test_a_cookie_that_was_deleted_goes_and_with_the_last_one_the_header(gone: str) -> None:
    jars = jars_with(f"{gone}; Path=/")
    assert sent(jars, "theme=dark; a=old") == "theme=dark"
    assert sent(jars, "a=old") is None


@pytest.mark.parametrize(
    ("lasts", "after_s", "there"),
    [
        ("Max-Age=60", 59, True),
        ("Max-Age=60", 61, False),
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 59, True),
        ("Expires=Tue, 14 Nov 2023 22:14:20 GMT", 59, True),
        ("Expires=Tue, 14-Nov-2023 22:14:20 GMT", 61, False),
        ("Expires=never", 1e9, True),
        ("Max-Age=99999999999999999", 401 * 86_400, False),
    ],
)
def test_a_cookie_expires_by_max_age_before_expires(lasts: str, after_s: float, there: bool) -> None:
    jars = jars_with(f"sid=new; Path=/; {lasts}")
    assert sent(jars, "sid=old", now_s=NOW_S + after_s) == ("sid=new" if there else None)


@pytest.mark.parametrize(
    ("path", "target", "there"),
    [
        ("/shop", "/shop", True),
        ("/shop", "/shop/cart?x=1", True),
        ("/shop", "/shopping", False),
        ("/shop/", "/shop/cart", True),
        ("", "/shop/cart", True),  # of the directory that it was set from
        ("", "/other", False),
        ("relative", "/shop/cart", True),
    ],
)
def test_a_cookie_goes_where_its_path_says(path: str, target: str, there: bool) -> None:
    jars = jars_with(f"sid=new; Path={path}" if path else "sid=new")
    assert sent(jars, "sid=old", target=target) == ("sid=new" if there else "sid=old")


def test_of_two_cookies_of_a_name_the_one_of_the_longer_path_is_sent() -> None:
    assert sent(jars_with("sid=wide; Path=/", "sid=deep; Path=/shop"), "sid=old") == "sid=deep"


def test_a_secure_cookie_goes_over_tls_and_to_loopback_only() -> None:
    far = jars_with("sid=new; Path=/; Secure")
    assert sent(far, "sid=old; theme=dark") == "theme=dark"
    assert far.withheld == 1
    assert sent(jars_with("sid=new; Path=/; Secure", trusted=True), "sid=old") == "sid=new"


@pytest.mark.parametrize("bad", ["=x", "", "novalue", "__Secure-a=1", "__Host-a=1; Secure; Path=/x", f"a={'x' * 5000}"])
def test_what_is_no_cookie_sets_none(bad: str) -> None:
    assert list(set_by(setting(bad), "/", NOW_S)) == []
