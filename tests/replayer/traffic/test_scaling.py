from collections.abc import Callable

from replayer.plan import Step
from replayer.traffic.scaling import scaled

Make = Callable[..., Step]


def test_every_session_is_there_so_many_times_each_clone_bound_to_its_own_answers(step: Make) -> None:
    steps = [step(1, 0.0), step(2, 1.0, after=(1,), bound=(1,)), step(3, 1.5, "b", bound=(2,)), step(4, 9.0, "b")]
    found = list(scaled(steps, 3, 2.0, seed=7))
    assert [each.due_s for each in found] == sorted(each.due_s for each in found)
    assert len(found) == 12
    assert [each for each in found if "~" not in each.id] == steps
    clone = {each.id: each for each in found}["s2~3"]
    assert (clone.session, clone.connection, clone.after) == ("a~3", "a-1~3", ("s1~3",))
    assert [binding.from_ for binding in clone.bindings] == ["s1~3"]


def test_clones_begin_spread_over_the_time_given_and_keep_their_own_pace(step: Make) -> None:
    found = list(scaled([step(1, 0.0), step(2, 5.0)], 5, 2.0, seed=7))
    begins_s = {each.id: each.due_s for each in found}
    delays_s = [begins_s[f"s1~{clone}"] for clone in range(2, 6)]
    assert all(0 <= delay_s <= 2.0 for delay_s in delays_s)
    assert len(set(delays_s)) == 4
    assert [round(begins_s[f"s2~{clone}"] - 5.0, 6) for clone in range(2, 6)] == delays_s


def test_steps_only_look_back_also_across_sessions(step: Make) -> None:
    steps = [step(n, n / 10, f"c{n}", bound=(n - 1,) if n else ()) for n in range(50)]
    seen: set[str] = set()
    for each in scaled(steps, 4, 1.0, seed=1):
        assert {binding.from_ for binding in each.bindings} <= seen
        seen.add(each.id)
    assert len(seen) == 200


def test_the_same_seed_gives_the_same_clones(step: Make) -> None:
    steps = [step(n, n / 10) for n in range(10)]
    assert list(scaled(steps, 3, 1.0, seed=1)) == list(scaled(steps, 3, 1.0, seed=1))
    assert list(scaled(steps, 3, 1.0, seed=1)) != list(scaled(steps, 3, 1.0, seed=2))


def test_ids_of_requests_that_clients_make_are_each_clones_own(step: Make) -> None:
    key = "5f3A-00zz"
    (_, clone, other) = scaled([step(1, 0.0, headers=(("Idempotency-Key", key), ("Accept", "*/*")))], 3, 0.0, seed=1)
    (name, value), accept = clone.request.headers
    assert (name, accept) == ("Idempotency-Key", ("Accept", "*/*"))
    assert value != key
    assert [sign.isalpha() for sign in value if sign != "-"] or len(value) == len(key)
    assert value[4] == "-"
    assert other.request.headers[0][1] not in (key, value)
