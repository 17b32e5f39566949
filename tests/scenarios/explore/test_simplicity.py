import msgspec
import pytest

from faults.fault import At, Fault, Window
from replayer.edits import burst, repeat, set_value
from replayer.plan import Plan
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.simplicity import identity, simplicity

SLOW_AT_A_STEP = Fault(id="f", link="payments", kind="slow", args={"latency_ms": 300}, at=At(while_="c00-1"))
SLOW = msgspec.structs.replace(SLOW_AT_A_STEP, at=None, window=Window())
SLOWER = msgspec.structs.replace(SLOW, args={"latency_ms": 1500})


@pytest.fixture
def two_sessions(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:2])


def test_simpler_is_fewer_faults_then_steps_then_sessions_then_together_then_edits(
    material: Material, two_sessions: Plan
) -> None:
    def rank(plan: Plan) -> object:
        return simplicity(plan, material.values.oddness)

    one, other = (step for step in two_sessions.steps if step.route == "POST /checkout")
    item = next(step for step in two_sessions.steps if step.route == "POST /items")
    from_simple = [
        material.plan(material.walks[:1]),
        two_sessions,
        set_value(two_sessions, item.id, "json:$.qty", 12),
        burst(two_sessions, [one.id, other.id]),
        repeat(two_sessions, one.id, together=False),
        with_faults(material.plan(material.walks[:1]), [SLOW_AT_A_STEP]),
        with_faults(material.plan(material.walks[:1]), [SLOW]),
        with_faults(material.plan(material.walks[:1]), [SLOWER]),
        with_faults(material.plan(material.walks[:1]), [SLOW_AT_A_STEP, SLOW]),
    ]
    assert sorted(from_simple, key=rank) == from_simple  # type: ignore[arg-type]


def test_a_reply_that_is_cut_later_is_the_weaker_fault(material: Material, two_sessions: Plan) -> None:
    def rank(after_bytes: int) -> object:
        cut = msgspec.structs.replace(SLOW, kind="cut_reply", args={"after_bytes": after_bytes})
        return simplicity(with_faults(two_sessions, [cut]), material.values.oddness)

    assert rank(200) < rank(60) < rank(1)  # type: ignore[operator]


def test_a_plainer_value_is_simpler(material: Material, two_sessions: Plan) -> None:
    item = next(step for step in two_sessions.steps if step.route == "POST /items")
    ranks = [
        simplicity(set_value(two_sessions, item.id, "json:$.qty", value), material.values.oddness)
        for value in (1, 12, 999)  # the most frequent, the rarest, one never recorded
    ]
    assert ranks == sorted(ranks)
    assert len({rank.oddness for rank in ranks}) == 3


def test_plans_that_send_the_same_under_the_same_faults_are_the_same_run(two_sessions: Plan) -> None:
    renamed = Plan(msgspec.structs.replace(two_sessions.header, name="other"), two_sessions.steps)
    reseeded = Plan(msgspec.structs.replace(two_sessions.header, seed=99), two_sessions.steps)
    assert identity(renamed) == identity(two_sessions)
    assert len({identity(two_sessions), identity(reseeded), identity(with_faults(two_sessions, [SLOW]))}) == 3
