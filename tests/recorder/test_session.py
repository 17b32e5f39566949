import json

import pytest

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.session import Peer, Rule, Sessions
from recorder.sessionkey import SessionKey

SID = "sid=0123456789abcdef"


class Traffic:
    """Gives the session of each exchange as it ends."""

    def __init__(self, key: str = "", trusted_hops: int | None = None) -> None:
        self._sessions = Sessions(Rule(key=SessionKey.parse(key) if key else None, trusted_hops=trusted_hops))

    def __call__(
        self,
        connection: str,
        *,
        address: str = "",
        certificate: str = "",
        sets: str = "",
        answers: object = None,
        **headers: str,
    ) -> str:
        answer = () if answers is None else (Header("Content-Type", "application/json"),)
        exchange = Exchange(
            id="e1",
            session="",
            connection=connection,
            started_s=0,
            request_ended_s=0,
            ended_s=0,
            request=Request(
                method="GET",
                url="/",
                http_version="HTTP/1.1",
                headers=tuple(Header(name.replace("_", "-"), value) for name, value in headers.items()),
                post_data=Content.of(b""),
            ),
            response=Response(
                status=200,
                status_text="",
                http_version="HTTP/1.1",
                headers=(*answer, *((Header("Set-Cookie", sets),) if sets else ())),
                content=Content.of(json.dumps(answers).encode()),
            ),
        )
        return self._sessions.session_of(exchange, Peer(address, certificate)).name


def test_a_connection_is_a_session_where_nothing_else_tells() -> None:
    traffic = Traffic()
    assert [traffic("c1"), traffic("c2"), traffic("c1")] == ["s00001", "s00002", "s00001"]


def test_a_client_that_signs_up_without_a_cookie_stays_one_session() -> None:
    traffic = Traffic()
    first = traffic("c1")
    assert traffic("c1", sets=f"{SID}; Path=/") == first
    assert traffic("c2", Cookie=SID) == first
    assert traffic("c2") == first
    assert traffic("c1", Cookie=SID) == first


def test_a_token_in_a_json_answer_joins_the_requests_that_bear_it() -> None:
    traffic = Traffic()
    first = traffic("c1", answers={"user": {"access_token": "abcdefgh-1"}})
    assert traffic("c2", Authorization="Bearer abcdefgh-1") == first


def test_two_users_on_one_pooled_connection_are_two_sessions() -> None:
    traffic = Traffic()
    ada, ben = traffic("c1", Authorization="Bearer ada"), traffic("c1", Authorization="Bearer ben")
    assert ada != ben
    assert [traffic("c1", Authorization=f"Bearer {who}") for who in ("ada", "ben")] == [ada, ben]


def test_a_client_that_logs_in_again_stays_one_session() -> None:
    traffic = Traffic()
    first = traffic("c1", Cookie=SID, sets="sid=fedcba9876543210")
    assert traffic("c2", Cookie="sid=fedcba9876543210") == first


@pytest.mark.parametrize("cookie", ["lang=en", "theme=dark-and-very-long"])
def test_a_cookie_that_is_a_setting_joins_nobody(cookie: str) -> None:
    traffic = Traffic()
    assert traffic("c1", Cookie=cookie) != traffic("c2", Cookie=cookie)


def test_a_value_that_two_sessions_were_given_tells_nothing() -> None:
    traffic = Traffic()
    first, second = traffic("c1", sets="banner=everyone-gets-this"), traffic("c2", sets="banner=everyone-gets-this")
    assert first != second
    assert traffic("c3", Cookie="banner=everyone-gets-this") not in (first, second)


def test_a_session_cookie_from_before_the_recording_counts_by_its_name() -> None:
    traffic = Traffic()
    assert traffic("c1", Cookie="x=1; JSESSIONID=0123456789") == traffic("c2", Cookie="JSESSIONID=0123456789")


def test_clients_that_close_every_connection_are_told_by_address_and_agent() -> None:
    traffic = Traffic()
    close = {"Connection": "close", "User_Agent": "curl"}
    first = traffic("c1", address="10.0.0.1", **close)
    assert traffic("c2", address="10.0.0.1", **close) == first
    assert traffic("c3", address="10.0.0.2", **close) != first
    assert traffic("c4", address="10.0.0.1", Connection="close", User_Agent="other") != first


def test_behind_a_load_balancer_the_forwarded_address_stands_for_the_connection() -> None:
    traffic = Traffic()
    first = traffic("c1", X_Forwarded_For="10.1.1.1, 10.0.0.1", User_Agent="a")
    assert traffic("c2", X_Forwarded_For="10.1.1.1", User_Agent="a") == first
    assert traffic("c1", X_Forwarded_For="10.1.1.2", User_Agent="a") != first


def test_a_client_certificate_is_a_session_over_its_connections_unless_something_surer_tells() -> None:
    traffic = Traffic()
    first = traffic("c1", certificate="aa")
    assert traffic("c2", certificate="aa") == first
    assert traffic("c3", certificate="bb") != first
    ada = traffic("c4", certificate="gateway", Authorization="Bearer ada")
    assert traffic("c5", certificate="gateway", Authorization="Bearer ben") != ada


def test_what_the_user_says_tells_a_client_tells_it_before_all_else() -> None:
    traffic = Traffic(key="header:X-User")
    ada = traffic("c1", X_User="ada", Cookie=SID)
    assert traffic("c2", X_User="ada") == ada
    assert traffic("c1", X_User="ben", Cookie=SID) != ada
    assert traffic("c3", Cookie="sid=another-session-1") != ada  # without it the rule is the usual one


def test_an_address_is_believed_from_as_many_load_balancers_as_are_trusted() -> None:
    agent = {"User_Agent": "a"}
    none, one, two = Traffic(trusted_hops=0), Traffic(trusted_hops=1), Traffic(trusted_hops=2)
    assert none("c1", X_Forwarded_For="10.1.1.1", **agent) != none("c2", X_Forwarded_For="10.1.1.1", **agent)
    for traffic, real in ((one, "{}, 10.1.1.1"), (two, "{}, 10.1.1.1, 10.0.0.1")):
        first = traffic("c1", X_Forwarded_For=real.format("spoofed"), **agent)
        assert traffic("c2", X_Forwarded_For=real.format("another"), **agent) == first
        assert traffic("c3", X_Forwarded_For=real.format("spoofed").replace("10.1.1.1", "10.1.1.2"), **agent) != first


def test_the_rule_that_was_used_can_be_read() -> None:
    rule = str(Rule(key=SessionKey.parse("cookie:who"), trusted_hops=1))
    assert rule.startswith("What shows cookie:who belongs to the session of that value. A request belongs to")
    assert rule.endswith("X-Forwarded-For is believed for 1 hops.")


@pytest.mark.parametrize(
    "answers",
    [
        {"token": {"value": "abcdefgh-1", "type": "bearer"}},
        {"user": {"apiKey": "abcdefgh-1"}},
        {"Session-ID": "abcdefgh-1"},
        {"\u0130 moved by lower()": 1, "JWT": "abcdefgh-1"},
        {"note": 'say \\ "token": "no"', "refresh_token": ["abcdefgh-1"]},
    ],
)
def test_a_token_is_found_however_deep_it_stands_and_however_it_is_called(answers: dict[str, object]) -> None:
    traffic = Traffic()
    first = traffic("c1", answers=answers)
    assert traffic("c2", Authorization="Bearer abcdefgh-1") == first
