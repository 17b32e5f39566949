"""Loads the made-up services beside this file, and judges bindings by what the same clients send in another world."""

import importlib.util
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from replayer.answers import Answers, Unbound
from replayer.bindings import Learner
from replayer.places import request_leaves
from replayer.plan import Step

SESSIONS_EACH = 3


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"flows_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


worlds = load("worlds")
STYLES = {
    style.__name__: style
    for name in ("rest", "rpc", "pages", "streams", "more", "lookalikes")
    for style in load(name).STYLES
}


class Judged(NamedTuple):
    """Of the values that differ from world to world: how many were `bound` right, and which were not (`missed`).

    `wrong` are those that were bound and filled with something else; `static` counts the decoys: values that are the
    same in every world, bound or not.
    """

    bound: int
    missed: list[str]
    wrong: list[str]
    static: int

    @property
    def recall(self) -> float:
        return self.bound / max(1, self.bound + len(self.missed))


def judged(styles: Iterable[str], *, clients_seed: int, world_seed: int, sessions: int = SESSIONS_EACH) -> Judged:
    """Learned from world 0, filled with the answers of another one."""
    chosen = [_talking(STYLES[style]) for style in styles]
    recorded = worlds.lived(0, clients_seed, chosen, sessions)
    other = worlds.lived(world_seed, clients_seed, chosen, sessions)
    assert len(recorded) == len(other)
    learner, answers = Learner(), Answers(100_000, None)
    bound, static, missed, wrong = 0, 0, [], []
    for number, (turn, theirs) in enumerate(zip(recorded, other, strict=True), start=1):
        name, (request, answer) = f"s{number}", turn.talk
        found = learner.meet(name, turn.session, request, turn.started_s, turn.ended_s, answer)
        filled, unbound = _filled(answers, _step(name, turn, found))
        for into, was, should in _differing(request, theirs.talk.request):
            told = f"{turn.session} {name} {request.method} {request.target} {into}: {was!r}"
            sources = [f"{one.from_} {one.at} in {one.wrap}" for one in found if one.into == into]
            if not sources:
                if was == should:
                    static += 1
                else:
                    missed.append(told)
            elif filled.get(into) != should:
                wrong.append(f"{told} <- {sources}: got {filled.get(into)!r}, not {should!r} {unbound}")
            elif was == should:
                static += 1
            else:
                bound += 1
        answers.keep(_step(name, theirs, ()), theirs.talk.answer, None)
    return Judged(bound, missed, wrong, static)


def _talking(style: Any) -> Any:
    def talking(world: Any, choices: random.Random) -> Any:
        return style(world, choices, worlds.talk)

    talking.__name__ = style.__name__
    return talking


def _step(name: str, turn: Any, bindings: Any) -> Step:
    return Step(id=name, due_s=0, session=turn.session, route="", request=turn.talk.request, bindings=bindings)


def _filled(answers: Answers, step: Step) -> tuple[dict[str, Any], str]:
    """The values of the step as it would be sent; nothing, and why, where it could not be."""
    try:
        return dict(_values(answers.fill(step))), ""
    except Unbound as error:
        return {}, str(error)


def _differing(one: Any, other: Any) -> list[tuple[str, Any, Any]]:
    theirs = dict(_values(other))
    return [(into, value, theirs.get(into)) for into, value in _values(one)]


def _values(request: Any) -> list[tuple[str, Any]]:
    return [(str(leaf.place), leaf.value) for leaf in request_leaves(request)]


@pytest.fixture(scope="session")
def judge() -> Any:
    return judged


@pytest.fixture(scope="session")
def all_styles() -> list[str]:
    return list(STYLES)
