"""Who is hit: decided by the seed, the proxy, the toxic and the connection's ordinal, and by nothing else."""

import pytest

from faults.embedded.journal import Entry
from faults.embedded.relay import Connection
from faults.embedded.toxics import LiveToxic

MANY = range(1, 201)


def toxic(name: str = "t", **rest: object) -> LiveToxic:
    fields = {"type": "noop", "stream": "downstream", "toxicity": 0.5, "attributes": {}, "seed": 1, "proxy": "p"} | rest
    return LiveToxic(name=name, **fields)


def connection(ordinal: int) -> Connection:
    return Connection(None, Entry(ordinal=ordinal, opened_s=0, active_s=0), print, print, print)


def hit(*toxics: LiveToxic, ordinals=MANY) -> list[set[int]]:
    """For each toxic the ordinals of the connections that have its stage."""
    found = [set() for _ in toxics]
    for ordinal in ordinals:
        one = connection(ordinal)
        for each in toxics:
            one.apply(each)
        names = names_on(one)
        for number, each in enumerate(toxics):
            found[number] |= {ordinal} if each.name in names else set()
    return found


def names_on(one: Connection) -> list[str]:
    return [stage.toxic.name for stage in one.down.stages]


def test_one_seed_hits_the_same_connections_again():
    assert hit(toxic()) == hit(toxic())
    assert 70 < len(hit(toxic())[0]) < 130


@pytest.mark.parametrize("other", [{"seed": 2}, {"proxy": "q"}, {"name": "u"}])
def test_another_seed_another_proxy_and_another_toxic_hit_others(other):
    assert hit(toxic()) != hit(toxic(**other))


def test_names_that_read_the_same_together_are_not_taken_for_each_other():
    assert hit(toxic("b/c", proxy="a")) != hit(toxic("c", proxy="a/b"))


def test_neither_the_type_nor_the_stream_nor_the_attributes_move_anything():
    changed = toxic(type="timeout", attributes={"timeout": 0}, stream="DOWNSTREAM")
    assert {number for number in MANY if changed.hits(number)} == hit(toxic())[0]


def test_neighbours_that_come_and_go_move_nothing():
    assert hit(toxic("a"), toxic("b"), toxic("c"))[1] == hit(toxic("b"))[0]
    one, staying, leaving = connection(7), toxic("b", toxicity=1.0), toxic("a", toxicity=1.0)
    for each in (leaving, staying):
        one.apply(each)
    stage = one.down.stages[1]
    one.withdraw(leaving)
    assert one.down.stages == [stage]


def test_an_update_moves_nothing_and_more_toxicity_adds_to_those_hit():
    one = connection(7)
    changing = toxic()
    one.apply(changing)
    before = names_on(one)
    for _ in range(20):
        one.apply(changing)
        assert names_on(one) == before
    few, many = hit(toxic("t", toxicity=0.2))[0], hit(toxic("t", toxicity=0.6))[0]
    assert few < many
    assert hit(toxic(toxicity=0.0)) == [set()]
    assert hit(toxic(toxicity=1.0)) == [set(MANY)]


def test_chosen_connections_are_counted_from_when_the_toxic_came():
    chosen = toxic(toxicity=1.0, connections=(1, 3), came_after=10)
    assert hit(chosen) == [{11, 13}]
    assert hit(toxic(toxicity=0.0, connections=(1, 3))) == [set()]


def test_jitter_and_sizes_are_a_connections_own_and_the_same_again():
    def first(ordinal: int, **rest: object) -> float:
        return toxic(**rest).rng(ordinal).random()

    assert first(1) == first(1)
    assert len({first(1), first(2), first(1, seed=2), first(1, proxy="q")}) == 4
