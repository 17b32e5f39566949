from collections.abc import Callable

from replayer.filling.filling import Login
from replayer.filling.logins import with_logins
from replayer.plan import Binding, Step

Make = Callable[..., Step]
LOGIN = Login(method="POST", target="/oauth/token?x=1", body='{"user": "u"}', at="json:$.access_token")
OLD = (("Authorization", "Bearer old"),)


def test_a_session_is_logged_in_before_its_first_request_with_a_credential_of_old(step: Make) -> None:
    steps = [
        step("s1", 0.0, "a"),
        step("s2", 1.0, "a", headers=OLD, after=("s1",)),
        step("s3", 2.0, "a", headers=OLD, after=("s2",)),
        step("s4", 3.0, "b", headers=OLD),
    ]
    first, login, second, third, other, fourth = with_logins(steps, LOGIN)
    assert first == steps[0]
    assert (login.id, login.due_s, login.session, login.after) == ("login-s2", 1.0, "a", ("s1",))
    assert (login.route, login.request.method) == ("POST /oauth/token", "POST")
    bound = Binding(into="header:Authorization", from_="login-s2", at="json:$.access_token", wrap="Bearer {}")
    assert second.bindings == third.bindings == (bound,)
    assert second.after == ("s1", "login-s2")
    assert (other.id, fourth.bindings[0].from_) == ("login-s4", "login-s4")


def test_what_an_answer_gave_and_what_was_refused_needs_no_log_in(step: Make) -> None:
    steps = [
        step("s1", headers=OLD, bound=(("header:authorization", "s0", "json:$.t"),)),
        step("s2", headers=OLD, status=401),
        step("s3", status=403),
        step("s4"),
    ]
    assert list(with_logins(steps, LOGIN)) == steps


def test_a_log_in_by_cookies_alone_only_goes_before(step: Make) -> None:
    cookie = step("s1", headers=(("Cookie", "sid=old"),))
    login, behind = with_logins([cookie], Login(method="POST", target="/login"))
    assert behind.bindings == ()
    assert behind.after == (login.id,)
