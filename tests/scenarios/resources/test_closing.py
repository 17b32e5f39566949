"""Which reads close an execution, and as whom."""

from __future__ import annotations

from collections.abc import Mapping

from replayer.answers import Unbound
from replayer.outcome import Answer, Attempt, Outcome, fate_of
from replayer.plan import Header, Plan, Request, Step
from scenarios.resources.closing import Read, closing_reads
from scenarios.resources.kinds import Kind, Maker
from scenarios.resources.world import World, world_of

ORDERS = Kind(
    template="/orders/{id}",
    makers=(Maker("POST /orders", "json:$.id", 9),),
    reads="GET /orders/{id}",
    lists="GET /orders",
)


def step(id: str, method: str, route: str, target: str, *, session: str = "a", **headers: str) -> Step:
    request = Request(method=method, target=target, headers=tuple(headers.items()))
    return Step(id=id, due_s=float(id[1:]), session=session, route=f"{method} {route}", request=request)


def outcome(step: Step, status: int, body: bytes = b"") -> Outcome:
    at_s = step.due_s
    return Outcome(
        step=step.id,
        session=step.session,
        route=step.route,
        due_s=at_s,
        sent_s=at_s,
        ended_s=at_s + 0.5,
        attempts=(Attempt(sent_s=at_s, ended_s=at_s + 0.5, status=status),),
        answer=Answer(status=status, body=body, body_bytes=len(body)),
        fate=fate_of(status, None),
        request=step.request,
    )


def reads_of(met: Mapping[Step, Outcome], *recorded: Step) -> tuple[Read, ...]:
    def fill(step: Step) -> Request:
        if step.id == "r9":
            raise Unbound("unbound")
        return step.request

    world = World(resources=(ORDERS,), reads=recorded)
    return closing_reads(Plan(Header(name="p"), tuple(met)), tuple(met.values()), world, fill)


def told(reads: tuple[Read, ...]) -> list[tuple[str, str, str | None]]:
    return [(read.session, read.request.target, dict(read.request.headers).get("authorization")) for read in reads]


ITEM = step("r1", "GET", "/orders/{id}", "/orders/1", session="other", Authorization="old")
LIST = step("r2", "GET", "/orders", "/orders", session="other", Authorization="old")


def test_what_was_made_is_read_with_its_list_as_whoever_made_it():
    make = step("s1", "POST", "/orders", "/orders", Authorization="mine")
    reads = reads_of({make: outcome(make, 201, b'{"id": 17}')}, ITEM, LIST)
    assert told(reads) == [("a", "/orders/17", "mine"), ("a", "/orders", "mine")]
    assert [str(key) for key in reads[0].keys] == ["/orders/17"]


def test_one_client_that_is_two_users_reads_each_thing_as_the_one_who_made_it():
    one = step("s1", "POST", "/orders", "/orders", Authorization="first")
    two = step("s2", "POST", "/orders", "/orders", Authorization="second")
    met = {one: outcome(one, 201, b'{"id": 17}'), two: outcome(two, 201, b'{"id": 18}')}
    assert told(reads_of(met, ITEM)) == [("a", "/orders/17", "first"), ("a", "/orders/18", "second")]


def test_whoever_was_refused_is_not_asked_and_who_sent_no_credentials_is_taken_by_the_next_he_sent():
    make = step("s1", "POST", "/orders", "/orders")
    later = step("s2", "GET", "/health", "/health", Authorization="mine")
    refused = step("s3", "GET", "/orders/{id}", "/orders/17", session="b", Authorization="theirs")
    met = {make: outcome(make, 201, b'{"id": 17}'), later: outcome(later, 200), refused: outcome(refused, 403)}
    assert told(reads_of(met, ITEM)) == [("a", "/orders/17", "mine")]


def test_recorded_reads_of_the_plans_sessions_close_it_too_but_those_that_rest_on_what_was_not_answered():
    sent = step("s1", "POST", "/votes", "/votes")
    mine = step("r3", "GET", "/me", "/me")
    unbound = step("r9", "GET", "/me/last", "/me/last")
    others = step("r4", "GET", "/them", "/them", session="b")
    assert told(reads_of({sent: outcome(sent, 200)}, mine, unbound, others)) == [("a", "/me", None)]


def test_no_execution_is_closed_by_more_than_sixty_reads():
    sent = step("s1", "POST", "/votes", "/votes")
    many = [step(f"r{nth}", "GET", f"/{nth}", f"/{nth}") for nth in range(100, 200)]
    assert len(reads_of({sent: outcome(sent, 200)}, *many)) == 60


def test_a_world_keeps_each_sessions_last_read_of_a_thing_and_one_of_each_route_for_others():
    first, again = step("s1", "GET", "/me", "/me"), step("s2", "GET", "/me", "/me")
    other = step("s3", "GET", "/orders", "/orders?page=2", session="b")
    write = step("s4", "POST", "/orders", "/orders", session="b")
    world = world_of([first, again, other, write])
    assert world.reads == (again, other)
    assert world.only({"a"}).reads == (again, other)
    assert world.only({"b"}).reads == (other, again)
