import asyncio
from collections.abc import Callable
from typing import Any

from replayer.engine import replay
from replayer.filling.filler import Fills
from replayer.filling.filling import Filling, Login, Spot, Users
from replayer.filling.logins import with_logins
from replayer.plan import Header, Step


def test_a_target_that_knows_other_users_and_tokens_is_logged_in_to(
    step: Callable[..., Step], serving: Any, response: Callable[..., bytes]
) -> None:
    async def behave(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"POST /login"):
            known = b'"user": "staging-ann"' in request
            writer.write(response(b'{"token": "fresh"}', "Set-Cookie: sid=new; Path=/") if known else refused)
        else:
            known = b"Authorization: Bearer fresh" in request and b"Cookie: sid=new; theme=dark" in request
            writer.write(response() if known else refused)

    refused = response(status="401 Unauthorized")
    old = (("Authorization", "Bearer old"), ("Cookie", "sid=old; theme=dark"))
    recorded = [
        step("s1", 0.0, method="GET", target="/me", headers=old),
        step("s2", 0.01, method="GET", target="/orders", headers=old, after=("s1",)),
        step("s3", 0.02, method="GET", target="/admin", headers=(("Authorization", "Bearer bad"),), status=401),
    ]
    login = Login(method="POST", target="/login", body='{"user": "ann"}', at="json:$.token")
    users = Users(rows=(("staging-ann",),), spots=((Spot(place="json:$.user", route="POST /login"),),))

    async def go() -> dict[str, int | None]:
        async with serving(behave) as server:
            filling = Filling(login=login, users=users)
            filler = Fills(filling, seed=1, scheme="http", host="127.0.0.1", wall=lambda: 1_700_000_000.0)
            history = await replay(Header(name="p"), list(with_logins(recorded, login)), server.url, filler=filler)
            return {outcome.step: outcome.status for outcome in history.outcomes}

    assert asyncio.run(go()) == {"login-s1": 200, "s1": 200, "s2": 200, "s3": 401}
