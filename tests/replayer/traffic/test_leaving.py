from collections.abc import Callable

from replayer.plan import Step
from replayer.traffic.account import Account
from replayer.traffic.leaving import kept


def test_who_followed_a_step_that_is_left_out_follows_what_that_followed(step: Callable[..., Step]) -> None:
    account = Account()
    steps = [step(1, 0.0), step(2, 1.0, route="POST /x", after=(1,)), step(3, 2.0, route="POST /x", after=(2,))]
    steps += [step(4, 3.0, after=(3,), bound=(1, 3)), step(5, 4.0, after=(4,))]
    found = list(kept(steps, lambda each: each.route == "GET /", "of no interest", account, 100))
    assert [(each.id, each.after) for each in found] == [("s1", ()), ("s4", ("s1",)), ("s5", ("s4",))]
    assert [binding.from_ for binding in found[1].bindings] == ["s1"]
    assert (account.left_out["of no interest"], account.unlinked) == (2, 1)
    assert list(account.sentences()) == [
        "left out because of no interest: 2",
        "values sent as recorded, because the requests whose answers said them are left out: 1",
    ]
