from collections.abc import Callable
from typing import Any

import pytest

from replayer.answers import Unbound
from replayer.filling.filler import Fills
from replayer.filling.filling import Filling, Login, Mapped, Shift, Spot, Static, Users
from replayer.filling.logins import with_logins
from replayer.outcome import Answer
from replayer.plan import Step

Make = Callable[..., Step]


def fills(filling: Filling, **options: Any) -> Fills:
    return Fills(filling, seed=1, scheme="http", host="127.0.0.1", wall=lambda: 1_700_000_000.0, **options)


def test_bindings_cookies_maps_and_credentials_meet_in_one_request(step: Make) -> None:
    filler = fills(
        Filling(
            mapped=(Mapped(spots=(Spot(place="json:$.product"),), values={"3": "33"}),),
            static=Static(header="Authorization", value="Bearer staging"),
        )
    )
    made = Answer(status=201, headers=(("Set-Cookie", "sid=new; Path=/"),), body=b'{"id": 8}')
    filler.keep(step("s1"), made, None)
    headers = (("Authorization", "Bearer old"), ("Cookie", "sid=old; a=1"))
    bound = (("path:1", "s1", "json:$.id"),)
    sent = filler.fill(step("s2", target="/orders/7", headers=headers, body='{"product": 3}', bound=bound))
    assert sent.target == "/orders/8"
    assert sent.headers == (("Authorization", "Bearer staging"), ("Cookie", "sid=new; a=1"))
    assert sent.body is not None
    assert sent.body.text == '{"product": 33}'
    assert (filler.filled.cookies, filler.filled.mapped, filler.filled.credentials) == (1, 1, 1)


def test_a_step_recorded_as_refused_shows_what_it_showed(step: Make) -> None:
    filler = fills(Filling(static=Static(header="Authorization", value="Bearer staging")))
    filler.keep(step("s1"), Answer(status=200, headers=(("Set-Cookie", "sid=new; Path=/"),)), None)
    refused = step("s2", headers=(("Authorization", "Bearer expired"), ("Cookie", "sid=old")), status=401)
    assert filler.fill(refused) == refused.request


def test_cookies_of_an_answer_that_was_cut_are_kept_and_its_values_are_not(step: Make) -> None:
    filler = fills(Filling())
    filler.keep(step("s1"), Answer(status=200, headers=(("Set-Cookie", "sid=new; Path=/"),), body=b'{"id'), "cut")
    assert filler.fill(step("s2", headers=(("Cookie", "sid=old"),))).headers == (("Cookie", "sid=new"),)
    with pytest.raises(Unbound, match="ended with cut"):
        filler.fill(step("s3", target="/x/1", bound=(("path:1", "s1", "json:$.id"),)))


def test_a_filling_is_data_that_another_process_makes_the_same_filler_of(step: Make) -> None:
    filling = Filling(
        users=Users(rows=(("ann",), ("bob",)), spots=((Spot(place="json:$.user"),),)),
        shift=Shift(recorded_s=0.0, now_s=10.0),
        static=Static(header="X", value="y"),
    )
    again = Filling.decoded(filling.encoded())
    assert again == filling
    login = step("s1", body='{"user": "x"}')
    assert fills(again).fill(login) == fills(filling).fill(login) != login.request


def test_a_log_ins_secrets_are_in_what_is_sent_and_not_in_the_plan(step: Make) -> None:
    login = Login(method="POST", target="/login", headers=(("X", "y"),), body='{"user": "u", "password": "p"}')
    users = Users(rows=(("ann",),), spots=((Spot(place="json:$.user", route="POST /login"),),))
    planned, behind = with_logins([step("s1", headers=(("Cookie", "sid=old"),))], login)
    filler = fills(Filling(login=login, users=users))
    assert planned.request.body is None
    sent = filler.fill(planned)
    assert sent.headers == (("X", "y"),)
    assert sent.body is not None
    assert sent.body.text == '{"user": "ann", "password": "p"}'
    filler.keep(planned, Answer(status=200, headers=(("Set-Cookie", "sid=new; Path=/"),)), None)
    assert filler.fill(behind).headers == (("Cookie", "sid=new"),)
