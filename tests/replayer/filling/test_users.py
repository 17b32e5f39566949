from collections.abc import Callable

from replayer.filling.filling import Spot, Users
from replayer.filling.users import Dealer
from replayer.plan import Step

Make = Callable[..., Step]
WHO = (Spot(place="json:$.user", route="POST /login"),)
SPOTS = (WHO, (Spot(place="json:$.password", route="POST /login"),), (Spot(place="path:1", route="GET /users/{id}"),))


def pool(count: int) -> Users:
    return Users(rows=tuple((f"user{n}", f"secret{n}", f"{n}") for n in range(count)), spots=SPOTS, who=WHO)


def login(step: Make, session: str, user: str) -> Step:
    body = f'{{"user": "{user}", "password": "x", "user2": "{user}"}}'
    return step(f"s-{session}", session=session, target="/login", body=body, route="POST /login")


def sent(dealer: Dealer, step: Step) -> str:
    request = dealer.fill(step, step.request)
    return request.body.raw.decode() if request.body else request.target


def test_a_recorded_user_gets_one_row_wherever_its_spots_are(step: Make) -> None:
    dealer = Dealer(pool(50), seed=1)
    body = sent(dealer, login(step, "a", "ann"))
    row = body.split('"user')[2].split('"')[0]
    assert body == f'{{"user": "user{row}", "password": "secret{row}", "user2": "ann"}}'
    mine = step("s2", session="a", method="GET", target="/users/17", route="GET /users/{id}")
    assert sent(dealer, mine) == f"/users/{row}"
    assert sent(dealer, login(step, "another session", "ann")) == body
    other = step("s3", session="a", method="GET", target="/orders/17", route="GET /orders/{id}")
    assert sent(dealer, other) == "/orders/17"
    assert dealer.dealt == 1


def test_users_and_clones_have_rows_of_their_own_until_the_pool_is_empty(step: Make) -> None:
    dealer = Dealer(pool(3), seed=1)
    sessions = [("a", "ann"), ("a~2", "ann"), ("b", "bob")]
    assert len({sent(dealer, login(step, session, user)) for session, user in sessions}) == 3
    assert dealer.shared == 0
    sent(dealer, login(step, "c", "cy"))
    assert (dealer.dealt, dealer.shared) == (4, 1)


def test_the_same_seed_deals_the_same_rows_and_a_session_that_says_no_user_is_one(step: Make) -> None:
    mine = step("s2", session="a", method="GET", target="/users/17", route="GET /users/{id}")
    assert sent(Dealer(pool(1000), seed=1), mine) == sent(Dealer(pool(1000), seed=1), mine)
    assert sent(Dealer(pool(1000), seed=1), mine) != sent(Dealer(pool(1000), seed=2), mine)


def test_what_is_bound_is_not_dealt(step: Make) -> None:
    bound = step(
        "s2", method="GET", target="/users/17", route="GET /users/{id}", bound=(("path:1", "s1", "json:$.id"),)
    )
    assert sent(Dealer(pool(9), seed=1), bound) == "/users/17"
