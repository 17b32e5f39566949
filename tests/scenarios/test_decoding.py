from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from foreshock.errors import UsageError
from scenarios.decoding import check_keys, decode
from scenarios.yamlfile import Place, parse_document


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=1)]
    name: str = ""


class Shelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: dict[str, tuple[Item, ...]]
    note: str | None = None


def refusal(text: str, moved: int = 0) -> str:
    document = parse_document(text, "shelf.yaml")

    def written_at(place: Place) -> Place:
        return place[: len(place) - moved]

    with pytest.raises(UsageError) as caught:
        check_keys(document, Shelf, document.value, written_at=written_at)
        decode(document, Shelf, document.value, written_at=written_at)
    return str(caught.value)


def test_what_fits_is_a_struct() -> None:
    document = parse_document("items: {a: [{size: 1}]}", "shelf.yaml")
    assert decode(document, Shelf, document.value) == Shelf({"a": (Item(1),)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("items:\n  a: []\n  b:\n  - size: 1\n  - size: x\n", "5: items.b[1].size='x': expected a whole number"),
        ("items:\n  a: []\n  b: [{size: 0}]\n", "3: items.b[0].size=0: expected a whole number >= 1"),
        ("items:\n  a: []\n  b: [{}]\n", "3: items.b[0]: 'size' is missing"),
        ("items:\n  a b: {}\n", '2: items["a b"]: expected a list'),
        ("items: []\n", "1: items: expected a mapping"),
        ("items: {}\nnote: 3\n", "2: note=3: expected text (in quotes)"),
        ("items:\n  a: [{nmae: x}]\n", "2: items.a[0].nmae: unknown key; did you mean 'name'? (allowed: size, name)"),
        ("items: {}\nwholly: 1\n", "2: wholly: unknown key (allowed: items, note)"),
        ("[1]\n", "1: (file): expected a mapping"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_found_at_its_line_under_its_own_key(text: str, message: str) -> None:
    assert refusal(text) == f"shelf.yaml:{message}"


def test_a_value_that_was_moved_is_told_where_the_file_has_it() -> None:
    assert refusal("items:\n  b: [{size: x}]\n", moved=1) == "shelf.yaml:2: items.b[0]: expected a whole number"
