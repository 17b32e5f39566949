from collections.abc import Callable

import pytest

from foreshock.errors import UsageError
from replayer.acting import act_as
from replayer.plan import Binding, Header, Plan, Step


@pytest.fixture
def plan(step: Callable[..., Step]) -> Plan:
    def cookie(value: str) -> tuple[tuple[str, str], ...]:
        return (("Accept", "*/*"), ("Cookie", f"sid={value}"))

    return Plan(
        Header(name="shop"),
        (
            step("s1", 0.0, "alice", target="/login"),
            step("s2", 0.5, "bob", target="/login"),
            step("s3", 1.0, "alice", headers=cookie("a"), bound=(("cookie:sid", "s1", "cookie:sid"),)),
            step("s4", 1.5, "bob", headers=cookie("b"), bound=(("cookie:sid", "s2", "cookie:sid"),)),
            step(
                "s5",
                2.0,
                "alice",
                target="/orders/1",
                headers=cookie("a"),
                bound=(("cookie:sid", "s1", "cookie:sid"), ("path:1", "s3", "json:$.id")),
            ),
            step("s6", 3.0, "carol"),
        ),
    )


def test_the_step_carries_the_other_sessions_credentials_and_keeps_its_own_bindings(plan: Plan) -> None:
    acted = act_as(plan, "s5", "bob").step("s5")
    assert acted.session == "bob"
    assert acted.request.headers == (("Accept", "*/*"), ("Cookie", "sid=b"))
    assert acted.bindings == (
        Binding(into="cookie:sid", from_="s2", at="cookie:sid"),
        Binding(into="path:1", from_="s3", at="json:$.id"),
    )


@pytest.mark.parametrize(
    ("step_", "session", "why"), [("s5", "carol", "none of its steps carries"), ("s1", "bob", "made after step s1")]
)
def test_a_session_without_credentials_in_time_cannot_be_acted(plan: Plan, step_: str, session: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        act_as(plan, step_, session)
