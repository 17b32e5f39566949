"""What was acknowledged has to be there at the end, unless somebody may have deleted it."""

from __future__ import annotations

from typing import Any

from scenarios.checks.oracles.write_lost import write_lost

ITEM = "GET /orders/{id}"


def made(written: Any, session: str = "a") -> Any:
    return written().did("POST", "/orders", "/orders", 201, {"id": 17}, session=session)


def test_a_made_thing_that_nobody_deleted_and_that_is_gone_is_violated(written):
    (result,) = write_lost(made(written).read(ITEM, "/orders/17", 404).seen())
    assert (result.check, result.verdict, result.oracle) == (
        "acknowledged write lost: POST /orders",
        "violated",
        "acknowledged write lost",
    )
    assert "/orders/17" in result.message
    assert "404" in result.message


def test_a_made_thing_that_is_there_is_held_and_counted(written):
    (result,) = write_lost(made(written).read(ITEM, "/orders/17", 200, {"id": 17}).seen())
    assert (result.verdict, result.evaluated) == ("held", 1)


def test_a_delete_that_may_have_happened_says_nothing(written):
    for status in (204, 503, None):
        deleted = made(written).did("DELETE", "/orders/{id}", "/orders/17", status)
        assert write_lost(deleted.read(ITEM, "/orders/17", 404).seen()) == ()


def test_a_delete_that_was_refused_or_of_another_changes_nothing(written):
    for target, status in (("/orders/17", 403), ("/orders/18", 204)):
        other = made(written).did("DELETE", "/orders/{id}", target, status)
        (result,) = write_lost(other.read(ITEM, "/orders/17", 404).seen())
        assert result.verdict == "violated"


def test_what_others_are_not_shown_is_not_lost(written):
    assert write_lost(made(written, "a").read(ITEM, "/orders/17", 404, session="b").seen()) == ()


def test_what_was_not_read_or_not_twice_alike_or_only_promised_says_nothing(written):
    assert write_lost(made(written).seen()) == ()
    assert write_lost(made(written).read(ITEM, "/orders/17", 404, settled=False).seen()) == ()
    assert write_lost(made(written).read(ITEM, "/orders/17", 503).seen()) == ()
    promised = written().did("POST", "/orders", "/orders", 202, {"id": 17})
    assert write_lost(promised.read(ITEM, "/orders/17", 404).seen()) == ()
    unknown = written().did("POST", "/orders", "/orders", 500, {"id": 17})
    assert write_lost(unknown.read(ITEM, "/orders/17", 404).seen()) == ()
