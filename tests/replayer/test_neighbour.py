import json

import pytest

from replayer.jsontext import format_path, parse_path
from replayer.neighbour import selected

THINGS = {
    "things": [
        {"id": 1, "name": "tea", "state": "open"},
        {"id": 2, "name": "mug", "state": "new"},
        {"id": 3, "name": "mug", "sku": "M-2", "lines": [{"id": 4, "title": "first"}, {"id": 5, "title": "second"}]},
    ],
    "edges": [{"node": {"id": 6, "label": "x"}}, {"node": {"id": 7, "label": "y"}}],
    "bare": ["a", "b"],
}


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("$.things[0].id", '$.things[?@.name=="tea"].id'),
        ("$.things[1].id", "$.things[1].id"),  # two have its name, and a state names nothing
        ("$.things[2].id", '$.things[?@.sku=="M-2"].id'),
        ("$.things[2].lines[1].id", '$.things[?@.sku=="M-2"].lines[?@.title=="second"].id'),
        ("$.edges[1].node.id", '$.edges[?@.node.label=="y"].node.id'),
        ("$.bare[1]", "$.bare[1]"),
        ("$.nowhere[1].id", "$.nowhere[1].id"),
    ],
)
def test_an_item_is_told_by_what_names_it_alone(path: str, now: str) -> None:
    assert format_path(selected(json.dumps(THINGS).encode(), parse_path(path))) == now


def test_a_body_that_is_not_there_any_more_tells_nothing() -> None:
    assert selected(b"", ("things", 0, "id")) == ("things", 0, "id")
