"""What is noise, and what is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from replayer.comparing.learning import Learned, MaskLearner
from replayer.comparing.maskfile import read_masks, write_masks
from replayer.comparing.masks import Mask, Masks, merged, trouble
from replayer.comparing.met import Met
from replayer.outcome import Answer

Answers = Callable[..., Answer]


def learned(pairs: list[tuple[Answer, Answer]], *, one_system: bool = True, route: str = "GET /orders/{id}") -> Learned:
    learner = MaskLearner(one_system=one_system, redact=lambda text: text.replace("Ada", "***"))
    for number, (was, now) in enumerate(pairs):
        learner.meet(f"s{number}", route, Met(answer=was), Met(answer=now))
    return learner.learned()


def test_each_place_gets_the_narrowest_mask_with_its_reason(answer: Answers) -> None:
    same = {"name": "tea", "x": 1, "y": 2, "z": 3}
    pairs = [
        (
            answer({"at": f"2026-01-0{n}T10:00:00Z", "key": f"k_{0xFACE1234 - n:08x}", "left": n, **same}),
            answer({"at": f"2026-02-0{n}T10:00:00Z", "key": f"k_{0xBEEF5678 - n:08x}", "left": 7, **same}),
        )
        for n in range(1, 5)
    ]
    told = learned(pairs)
    assert told.refused == ()
    assert [(mask.place, mask.as_, mask.like) for mask in told.masks.masks] == [
        ("json:$.at", "time", ""),
        ("json:$.key", "like", "k_[0-9a-f]{8}"),
        ("json:$.left", "number", ""),
    ]
    assert told.masks.masks[0].reason == "differs in 4 of 4: a time"


def test_what_comes_again_and_always_stands_for_one_other_is_an_id(answer: Answers) -> None:
    pairs = [(answer({"id": n, "n": 1, "m": 2}), answer({"id": n + 10, "n": 1, "m": 2})) for n in (1, 2, 1)]
    assert [(mask.as_, mask.of) for mask in learned(pairs).masks.masks] == [("id", "order")]
    once = [(answer({"id": n, "n": 1, "m": 2}), answer({"id": n + 10, "n": 1, "m": 2})) for n in (1, 2, 3)]
    assert [mask.as_ for mask in learned(once).masks.masks] == ["number"]


def test_a_status_is_never_noise(answer: Answers) -> None:
    told = learned([(answer({}), answer({}, status=429))])
    assert told.masks.masks == ()
    assert told.refused == ("GET /orders/{id}: status differs in 1 of 1 and is not masked: a status is never noise",)


def test_between_a_recording_and_a_replay_the_same_difference_each_time_is_a_change(answer: Answers) -> None:
    pairs = [(answer({"price": 10, "n": n}), answer({"price": 11, "n": n, "new": 1})) for n in range(5)]
    told = learned(pairs, one_system=False)
    assert told.masks.masks == ()
    assert len(told.refused) == 2
    assert all("a change, not noise" in why for why in told.refused)
    assert len(learned(pairs, one_system=True).masks.masks) == 2


def test_masks_of_more_than_half_of_an_answer_are_refused_with_what_to_do(answer: Answers) -> None:
    pairs = [(answer({"a": n, "b": n, "c": n}), answer({"a": -n, "b": n + 1, "c": 3 * n})) for n in range(1, 4)]
    told = learned(pairs)
    assert told.masks.masks == ()
    assert told.refused[0].startswith("GET /orders/{id}: 3 of 5 places of its answers differ between calm runs")
    assert "reset" in told.refused[0]


def test_what_a_mask_would_keep_of_private_words_is_left_out_of_it(answer: Answers) -> None:
    page = "<p>Hello Ada, you are number {} <b>of</b> <i>many</i> <u>others</u>"
    pairs = [(answer(page.format(n).encode(), kind="text/html"), answer(page.format(n + 5).encode(), kind="text/html"))
             for n in range(3)]  # fmt: skip
    told = learned(pairs)
    assert told.masks.masks == ()
    assert told.refused == (
        "GET /orders/{id}: a piece of text differs in 3 of 3 and is not masked: what stands around it may be private, "
        "and a mask would keep it",
    )


def test_nothing_met_says_that_nothing_was_learned() -> None:
    assert learned([]).refused == ("nothing was met twice, so nothing was learned",)


def test_masks_come_back_from_their_file_with_what_a_user_added(answer: Answers, tmp_path: Path) -> None:
    told = learned([(answer({"left": n, "a": 1, "b": 2}), answer({"left": n + 1, "a": 1, "b": 2})) for n in range(3)])
    path = tmp_path / "masks.yaml"
    write_masks(told, path, source="two calm replays")
    assert read_masks(path) == told.masks
    text = path.read_text()
    assert text.startswith("# Learned from 3 pairs of calm answers (two calm replays).")
    own = "  - route: '*'\n    place: header:x-request-id\n    as: any\n    reason: random by design\n"
    path.write_text(text + own)
    assert read_masks(path).masks[-1] == Mask(place="header:x-request-id", as_="any", reason="random by design")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("place: body, as: any, reason: x", "too broad: that is the whole body"),
        ("place: status, as: any, reason: x", "a status is never noise"),
        ("place: 'json:$.*', as: any, reason: x", "too broad: that is everything in the body"),
        ("place: 'json:$[*]', as: any, reason: x", "name the fields of its items"),
        ("place: 'text:<*>', as: any, reason: x", "any line would do"),
        ("place: 'json:$.a', as: like, like: '.*', reason: x", "that holds nothing"),
        ("place: 'json:$.a', as: like, like: '[', reason: x", "no regular expression"),
        ("place: 'json:$.a', as: any, reason: ' '", "a mask needs a reason"),
        ("place: 'json:a', as: any, reason: x", "expected a place such as"),
        ("place: nowhere, as: any, reason: x", "expected one such as"),
        ("place: 'json:$.a', as: some, reason: x", "masks[0].as: invalid enum value"),
        ("place: 'json:$.a', as: any", "missing required field reason"),
    ],
)
def test_a_mask_that_cannot_be_is_refused_with_its_place_and_what_to_do(entry: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "masks.yaml"
    path.write_text(f"format: foreshock-masks\nversion: 1\nmasks:\n  - {{{entry}}}\n")
    with pytest.raises(UsageError) as told:
        read_masks(path)
    assert says in str(told.value)
    assert "masks[0]" in str(told.value)


def test_a_users_mask_wins_over_a_learned_one() -> None:
    learned_one = Mask(route="GET /", place="json:$.a", as_="number", reason="learned")
    own = Mask(route="GET /", place="json:$.a", as_="any", reason="own")
    assert merged(Masks((learned_one,)), [own]).masks == (own,)
    assert trouble(own) is None
