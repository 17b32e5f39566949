"""A shaken replay against the calm one, with what is noise between recording and calm replay left out."""

import json

from foreshock.clock import Anchor
from recorder.exchange import Content, Exchange, Header, Request, Response
from replayer.outcome import Answer, Attempt, History, Outcome
from scenarios.calmtwin import against_calm


def said(token: str, total: int) -> bytes:
    return json.dumps({"token": token, "total": total, "currency": "EUR", "lines": 2}).encode()


def outcome(step: str, body: bytes) -> Outcome:
    headers = (("Content-Type", "application/json"),)
    return Outcome(
        step=step,
        session="a",
        route="GET /cart",
        due_s=0.0,
        sent_s=0.0,
        ended_s=0.1,
        attempts=(Attempt(sent_s=0.0, ended_s=0.1, status=200),),
        answer=Answer(status=200, headers=headers, body=body, body_bytes=len(body)),
    )


def exchange(body: bytes) -> Exchange:
    request = Request(method="GET", url="/cart", http_version="HTTP/1.1", headers=(), post_data=Content(size=0))
    headers = (Header("Content-Type", "application/json"),)
    response = Response(
        status=200, status_text="OK", http_version="HTTP/1.1", headers=headers, content=Content.of(body)
    )
    return Exchange(
        id="1",
        session="a",
        connection="1",
        started_s=0,
        request_ended_s=0,
        ended_s=1,
        request=request,
        response=response,
    )


def history(*bodies: bytes) -> History:
    outcomes = tuple(outcome(f"s{number}", body) for number, body in enumerate(bodies, start=1))
    return History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=outcomes)


def test_noise_is_no_wrong_success_and_a_total_that_is_another_is_one() -> None:
    recorded = [(f"s{n}", exchange(said(f"{n}a{n:030x}", 100 + n))) for n in (1, 2, 3)]
    calm = history(*(said(f"{n}b{n:030x}", 100 + n) for n in (1, 2, 3)))
    shaken = history(said(f"1c{1:030x}", 101), said(f"2c{2:030x}", 999), said(f"3c{3:030x}", 103))
    told = against_calm(calm, shaken, lambda: recorded, lambda text: text)
    assert [(each.name, each.count, [one.step for one in each.first]) for each in told] == [
        ("wrong success", 1, ["s2"]),
        ("same", 2, ["s1", "s3"]),
    ]
    assert told[0].first[0].differs == "json:$.total: value"
