"""Who is hit: decided by the seed, the toxic's id and the connection's ordinal, and by nothing else."""

from faults.embedded.journal import Entry
from faults.embedded.relay import Connection
from faults.embedded.toxics import LiveToxic

MANY = range(1, 201)


def toxic(name: str = "t", seed: int = 1, **rest: object) -> LiveToxic:
    fields = {"type": "noop", "stream": "downstream", "toxicity": 0.5, "attributes": {}} | rest
    return LiveToxic(name=name, seed=f"{seed}/{name}", **fields)


def connection(ordinal: int) -> Connection:
    return Connection(None, Entry(ordinal=ordinal, opened_s=0, active_s=0), print, print, print)


def hit(*toxics: LiveToxic, ordinals=MANY) -> list[set[int]]:
    """For each toxic the ordinals of the connections that have its stage."""
    found = [set() for _ in toxics]
    for ordinal in ordinals:
        one = connection(ordinal)
        for each in toxics:
            one.apply(each)
        names = [stage.name for stage in one.down.stages]
        for number, each in enumerate(toxics):
            found[number] |= {ordinal} if each.name in names else set()
    return found


def test_one_seed_hits_the_same_connections_again_and_another_seed_others():
    assert hit(toxic()) == hit(toxic())
    assert hit(toxic()) != hit(toxic(seed=2))
    assert 70 < len(hit(toxic())[0]) < 130


def test_toxics_of_other_names_hit_others():
    one, other = hit(toxic("a"), toxic("b"))
    assert one != other


def test_neighbours_move_nothing():
    assert hit(toxic("a"), toxic("b"), toxic("c"))[1] == hit(toxic("b"))[0]


def test_an_update_moves_nothing_and_more_toxicity_adds_to_those_hit():
    one = connection(7)
    changing = toxic()
    one.apply(changing)
    before = [stage.name for stage in one.down.stages]
    for _ in range(20):
        one.apply(changing)
        assert [stage.name for stage in one.down.stages] == before
    few, many = hit(toxic("t", toxicity=0.2))[0], hit(toxic("t", toxicity=0.6))[0]
    assert few < many
    assert hit(toxic(toxicity=0.0)) == [set()]
    assert hit(toxic(toxicity=1.0)) == [set(MANY)]


def test_chosen_connections_are_counted_from_when_the_toxic_came():
    chosen = toxic(toxicity=1.0, connections=(1, 3), came_after=10)
    assert hit(chosen) == [{11, 13}]
    assert hit(toxic(toxicity=0.0, connections=(1, 3))) == [set()]
