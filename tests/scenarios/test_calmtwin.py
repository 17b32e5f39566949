"""A shaken replay against the calm one, with what is noise between recording and calm replay left out."""

import json

from foreshock.clock import Anchor
from recorder.exchange import Content, Exchange, Header, Request, Response
from replayer.outcome import Answer, Attempt, History, Outcome
from replayer.plan import Header as PlanHeader
from replayer.plan import Plan
from scenarios.calmtwin import against_calm
from scenarios.execution import Execution

HOST = (Header("Host", "shop.example"),)


def said(token: str, total: int, at: str) -> bytes:
    body = {"token": token, "total": total, "currency": "EUR", "lines": 2, "self": f"http://{at}/cart"}
    return json.dumps(body).encode()


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
    request = Request(method="GET", url="/cart", http_version="HTTP/1.1", headers=HOST, post_data=Content(size=0))
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


def execution(target: str, *bodies: bytes) -> Execution:
    outcomes = tuple(outcome(f"s{number}", body) for number, body in enumerate(bodies, start=1))
    history = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=outcomes)
    plan = Plan(PlanHeader(name="p"), ())
    return Execution(plan=plan, history=history, results=(), instance=1, started_s=0.0, ended_s=1.0, target=target)


def test_noise_is_no_wrong_success_and_a_total_that_is_another_is_one() -> None:
    recorded = [(f"s{n}", exchange(said(f"{n}a{n:030x}", 100 + n, "shop.example"))) for n in (1, 2, 3)]
    calm = execution("http://127.0.0.1:1", *(said(f"{n}b{n:030x}", 100 + n, "127.0.0.1:1") for n in (1, 2, 3)))
    totals = {1: 101, 2: 999, 3: 103}
    shaken = execution("http://127.0.0.1:2", *(said(f"{n}c{n:030x}", totals[n], "127.0.0.1:2") for n in totals))
    told = against_calm(calm, shaken, lambda: recorded, lambda text: text)
    assert [(each.name, each.count, [one.step for one in each.first]) for each in told] == [
        ("wrong success", 1, ["s2"]),
        ("same", 2, ["s1", "s3"]),
    ]
    assert told[0].first[0].differs == "json:$.total: value"
