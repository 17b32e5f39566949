import json

import pytest

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.session import Sessions

SID = "sid=0123456789abcdef"


class Traffic:
    """Gives the session of each exchange as it ends."""

    def __init__(self) -> None:
        self._sessions = Sessions()

    def __call__(
        self, connection: str, *, address: str = "", sets: str = "", answers: object = None, **headers: str
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
        return self._sessions.of(exchange, address)


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
