"""A rule says what it takes, or why it can't be."""

import pytest

from faults.tap.rule import Rule, path_pattern


@pytest.mark.parametrize(
    ("template", "path", "matches"),
    [
        ("", "/whatever", True),
        ("/orders", "/orders", True),
        ("/orders", "/orders/", False),
        ("/orders/{id}", "/orders/17", True),
        ("/orders/{id}", "/orders/", False),
        ("/orders/{id}", "/orders/17/lines", False),
        ("/orders/{id}/lines/{line}", "/orders/17/lines/a%20b", True),
        ("/a.b", "/aXb", False),
        ("/", "/", True),
        ("/{x}", "/a\n", True),
        ("/a", "/a\n", False),
    ],
)
def test_a_template_stands_for_paths_with_one_segment_for_each_name(template, path, matches):
    assert (path_pattern(template).match(path) is not None) is matches


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "rule 'f': expected exactly one of n, fraction"),
        ({"n": 1, "fraction": 0.5}, "rule 'f': expected exactly one of n, fraction"),
        ({"n": 0}, "rule 'f': n=0: expected a whole number from 1 on"),
        ({"fraction": 1.5}, "rule 'f': fraction=1.5: expected more than 0 and at most 1"),
        ({"n": 1, "path": "orders"}, "rule 'f': path='orders': expected '' or a template that starts with '/'"),
        ({"n": 1, "per": "connection", "method": "GET"}, "expected none with per='connection'"),
    ],
)
def test_a_rule_that_can_not_be_is_refused(more, message):
    with pytest.raises(ValueError, match=message.replace("(", "\\(")):
        Rule(**{"id": "f", "lane": "127.0.0.1:1", "per": "request", **more})
