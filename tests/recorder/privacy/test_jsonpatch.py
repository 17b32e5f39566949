"""Patched JSON is what walking it token by token gives: the walk is slow, and plain to see through."""

import json
import random
import string

import pytest

from recorder.policy import Policy
from recorder.privacy.jsonwalk import TOP
from recorder.privacy.layers import DEPTH
from recorder.privacy.values import Values
from recorder.pseudonym import Pseudonyms

NAMES = ["id", "note", "email", "password", "card", "first_name", "tags", "app_version", 'say "hi"', "back\\slash", "é"]


def _scalar(draw: random.Random) -> object:
    word = "".join(draw.choices(string.ascii_lowercase, k=draw.randint(1, 9)))
    return draw.choice(
        [
            word,
            draw.randint(-(10**6), 10**6),
            None,
            True,
            4111111111111111,
            f"{word}@{word}.example",
            f"+49 170 {draw.randint(10**6, 10**7 - 1)}",
            f"call {word}@{word}.example,\n\\ or \u00fc",
            f"10.{draw.randint(1, 254)}.1.{draw.randint(1, 254)}",
            json.dumps({"note": {"token": word}}),
            draw.choice(NAMES),
            "",
        ]
    )


def _value(draw: random.Random, depth: int) -> object:
    match draw.randrange(4) if depth < 4 else 0:
        case 1:
            return [_value(draw, depth + 1) for _ in range(draw.randint(0, 3))]
        case 2 | 3:
            return {draw.choice(NAMES): _value(draw, depth + 1) for _ in range(draw.randint(0, 4))}
    return _scalar(draw)


@pytest.mark.parametrize("seed", range(8))
def test_patching_does_what_walking_does(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(60):
        value = {draw.choice(NAMES): _value(draw, 0) for _ in range(4)}
        text = json.dumps(value, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, 1]))
        patched, walked = (Values(Pseudonyms(b"key"), Policy()) for _ in range(2))
        assert patched.json(text) == walked.json_texts.walked(text, DEPTH, top=TOP)


def _redacted(text: str) -> str:
    return Values(Pseudonyms(b"key"), Policy()).json(text)


def test_a_secret_is_told_under_another_name_of_the_same_text_wherever_it_stands() -> None:
    text = json.dumps({"trace": "a1b2c3d4e5f60718", "deep": [{"token": "a1b2c3d4e5f60718"}]})
    done = json.loads(_redacted(text))
    assert done["trace"] == done["deep"][0]["token"] != "a1b2c3d4e5f60718"


def test_a_name_that_is_private_itself_is_replaced_and_so_is_the_same_as_a_value() -> None:
    done = json.loads(_redacted('{"ada@example.org": "ada@example.org", "x": 1}'))
    assert "ada@example.org" not in json.dumps(done)
    (same,) = done.keys() - {"x"}
    assert done[same] == same


def test_numbers_of_cards_are_replaced_in_arrays_and_below_names_that_say_nothing() -> None:
    done = json.loads(_redacted('{"pan": 4111111111111111, "all": [1, 4111111111111111], "at": 1714560000000123}'))
    assert done["pan"] == done["all"][1] != 4111111111111111
    assert done["at"] == 1714560000000123


def test_an_ip_address_stays_under_the_name_of_a_version_and_nowhere_else() -> None:
    done = json.loads(_redacted('{"app_version": ["210.20.130.40"], "from": "210.20.130.41"}'))
    assert done["app_version"] == ["210.20.130.40"]
    assert done["from"] != "210.20.130.41"
