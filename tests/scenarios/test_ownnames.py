from replayer.plan import Binding, Body, Recorded, Request, Step
from scenarios.ownnames import own_names


def _step(number: int, session: str, route: str, target: str = "", body: str = "", **more: object) -> Step:
    method, path = route.split(" ")
    headers = (("Content-Type", "application/json"),)
    request = Request(method=method, target=target or path, headers=headers, body=Body.of(body.encode()))
    status = more.pop("status", 200)
    return Step(
        id=f"{session}{number}",
        due_s=number,
        session=session,
        route=route,
        request=request,
        recorded=Recorded(status=status),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def test_what_one_session_alone_sends_first_to_create_something_is_its_own() -> None:
    steps = []
    for name in ("ann", "bob", "eve"):
        steps += [
            _step(1, name, "POST /users", body=f'{{"email": "{name}@b.example", "plan": "free"}}', status=201),
            _step(2, name, "PUT /notes/{id}", target=f"/notes/{name}-notes"),
            _step(3, name, "GET /notes/{id}", target=f"/notes/{name}-notes"),
        ]
    assert own_names(tuple(steps)) == tuple(
        own for name in ("ann", "bob", "eve") for own in (f"{name}@b.example", f"{name}-notes")
    )


def test_what_a_post_makes_may_be_told_by_its_id_in_a_path() -> None:
    steps = []
    for name in ("tea", "cup", "pot"):
        bound = (Binding(into="path:1", from_=f"{name}1", at="json:$.id"),)
        steps += [
            _step(1, name, "POST /things", body=f'{{"name": "{name}"}}'),
            _step(2, name, "GET /things/{id}", target="/things/7", bindings=bound),
        ]
    assert own_names(tuple(steps)) == ("tea", "cup", "pot")


def test_users_that_log_in_choices_numbers_and_what_is_read_are_as_recorded() -> None:
    steps = []
    for number, name in enumerate(("ann", "bob", "eve"), start=1):
        body = f'{{"user": "{name}", "born": "200{number}-01-01", "size": {number}}}'
        steps += [
            _step(1, name, "POST /login", body=body),
            _step(2, name, "GET /search", target=f"/search?q=only-{name}"),
            _step(3, name, "POST /orders", body='{"sku": "tea", "code": "once"}', status=201),
        ]
    assert own_names(tuple(steps)) == ()
