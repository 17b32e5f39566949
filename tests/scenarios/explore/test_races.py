from replayer.plan import Burst, Redeliver
from scenarios.explore.deliveries import redelivered, redelivered_under_faults
from scenarios.explore.material import Material, fault_forms
from scenarios.explore.races import bursts, delayed, interleaved

REACHED = {"payments": {"POST /checkout"}}


def test_every_write_races_with_itself_again_and_again(material: Material) -> None:
    plans = list(bursts(material))
    assert len(plans) == 5 * len(material.writes)
    assert len({plan.header.seed for plan in plans}) == 5


def test_races_are_under_delay_on_each_link_that_their_route_uses_and_nowhere_else(material: Material) -> None:
    plans = list(delayed(material, REACHED, fault_forms()))
    assert plans
    for plan in plans:
        (fault,) = plan.header.faults
        assert (fault.link, fault.kind) == ("payments", "slow")
        together = [step for step in plan.steps if step.barrier]
        assert fault.at is not None
        assert fault.at.while_ in {step.id for step in together}
        assert {step.route for step in together} == {"POST /checkout"}
    assert plans[0].header.faults[0].args == {"latency_ms": 300}
    assert {len({step.session for step in plan.steps}) for plan in plans} == {1, 2}


def test_where_no_delay_may_be_there_are_none(material: Material) -> None:
    assert list(delayed(material, REACHED, fault_forms(["reset"]))) == []


def test_one_rival_overtakes_the_other_between_its_reading_and_its_writing(material: Material) -> None:
    plan = next(iter(interleaved(material)))
    late, early = plan.header.edits[0].step, plan.header.edits[0].for_  # type: ignore[union-attr]
    order = [step.id for step in plan.steps]
    assert order.index(early) < order.index(late)
    assert plan.step(late).session != plan.step(early).session
    before = plan.header.edits[1].for_  # type: ignore[union-attr]
    assert plan.step(before).session == plan.step(late).session
    assert order.index(before) < order.index(early)


def test_every_write_is_delivered_once_more_at_once_after_its_client_gave_up_afterwards_and_late(
    material: Material,
) -> None:
    plans = list(redelivered(material))
    assert len(plans) == 4 * len(material.writes)
    assert all(any(step.redelivers for step in plan.steps) for plan in plans)
    together = [plan for plan in plans if isinstance(plan.header.edits[-1], Burst)]
    assert len(together) == len(material.writes)


def test_what_a_fault_made_nobody_hear_of_is_delivered_once_more(material: Material) -> None:
    plans = list(redelivered_under_faults(material, REACHED, fault_forms()))
    assert plans[0].header.faults[0].kind == "lost_reply"
    for plan in plans:
        (edit,) = plan.header.edits
        assert isinstance(edit, Redeliver)
        assert plan.header.faults[0].at is not None
        assert plan.header.faults[0].at.while_ == edit.of
