from collections.abc import Callable

import pytest

from foreshock.clock import Anchor
from replayer.answers import Answers
from replayer.filling.anew import anew, epoch_of, named
from replayer.outcome import Answer
from replayer.plan import Step

JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("ann@b.example", "ann.k3@b.example"),
        ("ann_lee@b.example", "ann_lee_k3@b.example"),
        ("my-notes", "my-notes-k3"),
        ("My notes", "My notes k3"),
        ("notes", "notesk3"),
    ],
)
def test_a_name_has_the_epoch_in_it_and_is_written_as_it_was(name: str, now: str) -> None:
    assert named(name, "k3") == now


def test_a_token_becomes_another_of_its_look_the_same_in_one_epoch() -> None:
    token = "0b6f3a52-90aa-4c1e-8f77-1d2e3f405162"
    now = named(token, "k3")
    assert now != token
    assert [len(part) for part in now.split("-")] == [8, 4, 4, 4, 12]
    assert named(token, "k3") == now != named(token, "k4")


def test_it_is_written_wherever_the_plan_has_the_name_and_nowhere_else(step: Callable[..., Step]) -> None:
    filler = anew(Answers(100, None), ["ann", "my notes"], "k3")
    signup = step(
        "s1", target="/users/ann?of=ann&x=anna", headers=(*JSON, ("From", "ann")), body='{"title": "my notes"}'
    )
    filled = filler.fill(signup)
    assert filled.target == "/users/annk3?of=annk3&x=anna"
    assert filled.headers[1] == ("From", "ann")
    assert filled.body is not None
    assert filled.body.text == '{"title": "my notes k3"}'


def test_what_an_answer_says_is_the_systems_to_name(step: Callable[..., Step]) -> None:
    filler = anew(Answers(100, None), ["ann"], "k3")
    filler.keep(step("s1"), Answer(status=201, body=b'{"name": "annk3"}'), None)
    bound = step("s2", target="/users/ann", bound=(("path:1", "s1", "json:$.name"),))
    assert filler.fill(bound).target == "/users/annk3"


def test_without_names_nothing_is_done_and_no_two_executions_have_one_epoch() -> None:
    answers = Answers(100, None)
    assert anew(answers, [], "k3") is answers
    epochs = [
        epoch_of(Anchor(wall_s=wall_s, monotonic_s=0), instance)
        for wall_s in (1_790_000_000.0, 1_790_000_000.001)
        for instance in (1, 2)
    ]
    assert len(set(epochs)) == 4
    assert {len(epoch) for epoch in epochs} == {8}
