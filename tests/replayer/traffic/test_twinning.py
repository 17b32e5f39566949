from collections.abc import Callable

from msgspec.structs import replace

from recorder.exchange import Exchange
from replayer.comparing.twins import Twins
from replayer.plan import Step
from replayer.traffic.twinning import Twinning


def test_clones_and_rounds_have_the_answer_of_the_step_that_they_are_made_of(
    exchange: Callable[..., Exchange], step: Callable[..., Step]
) -> None:
    twins = Twins()
    twinning = Twinning(twins)
    for number in (1, 2):
        twinning.made(f"s{number}", exchange(float(number), status=200 + number))
    ids = ["s1", "s2~3", "s1@2", "s2@2~2", "s9"]
    steps = (replace(step(1, 0.0), id=name) for name in ids)
    assert [each.id for each in twinning.told(steps)] == ids
    statuses = [met.answer.status if (met := twins.take(name)) and met.answer else None for name in ids]
    assert statuses == [201, 202, 201, 202, None]
