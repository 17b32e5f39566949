import pytest

from foreshock.errors import UsageError
from scenarios.yamlfile import parse_document, spelled


def test_values_are_those_of_yaml_1_2_and_keys_are_text() -> None:
    text = "a: no\nb: 22:30\nc: 2024-01-01\nd: 1e3\ne: 0x10\nf:\ng: ~\n1: -3\nh: .5\ni: TRUE\nj: [x, 'true']\n"
    assert parse_document(text, "f.yaml").value == {
        "a": "no", "b": "22:30", "c": "2024-01-01", "d": 1000.0, "e": "0x10", "f": None, "g": None, "1": -3, "h": 0.5,
        "i": True, "j": ["x", "true"],
    }  # fmt: skip


def test_every_place_has_its_line_and_what_is_not_there_has_its_surroundings() -> None:
    document = parse_document("a:\n  b:\n    - x\n    - {c: 1,\n       d: 2}\n", "f.yaml")
    assert document.line(("a", "b", 1, "d")) == 5
    assert document.line(("a", "b", 1, "nothing")) == 4
    assert document.line(("nothing",)) == 1


def test_an_alias_is_what_it_points_to() -> None:
    document = parse_document("a: &x {k: 1}\nb: *x\n", "f.yaml")
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.line(("b", "k")) == 1


def test_places_are_spelled_as_people_write_them() -> None:
    assert spelled(("faults", 1, "window", "for")) == "faults[1].window.for"
    assert spelled(("processes", "pay ments", "ready")) == 'processes["pay ments"].ready'
    assert spelled(()) == "(file)"


def test_an_error_shows_a_value_that_fits_on_a_line_and_cuts_one_that_does_not() -> None:
    document = parse_document(f"a: 20\nb: {'x' * 200}\nc: [1]\n", "f.yaml")
    assert str(document.error(("a",), "wrong")) == "f.yaml:1: a=20: wrong"
    assert len(str(document.error(("b",), "wrong"))) < 100
    assert str(document.error(("c",), "wrong")) == "f.yaml:3: c: wrong"
    assert str(document.error(("a",), "wrong", show=False)) == "f.yaml:1: a: wrong"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "f.yaml:2: a: duplicate key; the first is on line 1"),
        ("a: &x [*x]", "f.yaml:1: a[0]: aliases without an end"),
        ("a: [1, 2\nb: 3", "f.yaml:2: not YAML: expected ',' or ']', but got ':' (while parsing a flow sequence)"),
        ("---\na\n---\nb", "f.yaml:3: not YAML: but found another document (expected a single document in the stream)"),
        ("a: 'x", "f.yaml:1: not YAML: found unexpected end of stream (while scanning a quoted scalar)"),
        ("? [a]\n: b", "f.yaml:1: (file): a key is text, not a list or a mapping"),
        ("a: \x01", "f.yaml:1: character #x0001 is not allowed in YAML"),
        ("[" * 5000, "f.yaml:1: nested too deeply"),
        ("", "f.yaml:1: the file is empty"),
    ],
)
def test_what_is_not_a_document_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_document(text, "f.yaml")
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !!int x", "a: !secret x"])
def test_a_tag_makes_nothing_but_an_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"f\.yaml:1: a='x': tag '.*' can't be used here"):
        parse_document(text, "f.yaml")


def test_an_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    with pytest.raises(UsageError, match="aliases without an end"):
        parse_document("\n".join(lines), "f.yaml")
