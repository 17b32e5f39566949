import pytest

from recorder.jsonspans import quoted, spans, string_of


def found(text: str) -> list[tuple[str, bool, bool]]:
    return [(text[s.start : s.end], s.named, s.key) for s in spans(text, lambda name: name == "s")]


def named(text: str) -> list[str]:
    return [token for token, is_named, _ in found(text) if is_named]


def test_strings_numbers_and_keys_are_found_in_order() -> None:
    assert found('{"a": [1, "x"], "b": null}') == [
        ('"a"', False, True),
        ("1", False, False),
        ('"x"', False, False),
        ('"b"', False, True),
    ]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('{"s": "x", "b": "y"}', ['"x"']),
        ('{"a": {"s": 1}, "b": 2}', ["1"]),
        ('{"s": {"a": 1, "b": [2, {"c": "3"}]}, "d": 4}', ["1", "2", '"3"']),
        ('[{"s": 1}, {"t": 2}]', ["1"]),
        ('{"s": [], "b": 2}', []),
        ('{"\\u0073": "x"}', ['"x"']),
        ('{"a": "s", "b": "x"}', []),
        ('{"s": "a\\"b", "b": 1}', ['"a\\"b"']),
        ('{"s": -1.5e3}', ["-1.5e3"]),
    ],
)
def test_all_that_stands_below_a_named_field_is_told(text: str, tokens: list[str]) -> None:
    assert named(text) == tokens


@pytest.mark.parametrize(
    ("text", "token"), [('{"s": "abc', '"abc'), ('{"s": "abc\\', '"abc\\'), ('{"a":1}\n{"s":2}', "2")]
)
def test_cut_and_concatenated_texts_give_what_they_hold(text: str, token: str) -> None:
    assert named(text) == [token]


def test_closing_brackets_that_were_never_opened_do_no_harm() -> None:
    assert named(']}{"s":1}') == ["1"]


def test_a_string_is_read_and_written_as_json_has_it() -> None:
    assert string_of('"a\\u00e9\\""') == 'aé"'
    assert string_of('"cut') == "cut"
    assert quoted('é"', '""') == '"é\\""'
    assert quoted("x", '"cut') == '"x'
