import pytest

from scenarios.checks.expression import HTTP_NAMES, SQL_NAMES, Expression, Unevaluable


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("size(rows) == 0", {"rows": []}, True),
        ("rows.all(row, row.n > 1)", {"rows": [{"n": 2}, {"n": 1}]}, False),
        ("rows.map(row, row.total).sum() == 7", {"rows": [{"total": 3}, {"total": 4}]}, True),
        ("rows.exists(r, r.status == 'paid')", {"rows": [{"status": "paid"}]}, True),
        ("rows[0].total >= 0", {"rows": [{"total": -0.5}]}, False),
    ],
)
def test_an_expression_holds_or_does_not(text: str, values: dict[str, object], holds: bool) -> None:
    assert Expression(text, SQL_NAMES).holds(values) is holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("json.total == 3", "there is no total"),
        ("json[0] == 3", "there is no 0"),
        ("body == 3 + 'x'", "types that do not go together"),
        ("status", "gave 200, expected true or false"),
    ],
)
def test_what_can_not_be_evaluated_says_why(text: str, why: str) -> None:
    with pytest.raises(Unevaluable, match=why):
        Expression(text, HTTP_NAMES).holds({"status": 200, "headers": {}, "body": "", "json": {}})


def test_an_expression_knows_what_it_reads() -> None:
    expression = Expression("headers['content-type'] == 'x' || status == 200", HTTP_NAMES)
    assert expression.reads("status") and expression.reads("headers")
    assert not expression.reads("json")


def test_a_value_that_the_language_does_not_know_is_our_failure_and_not_the_system_s() -> None:
    with pytest.raises(Unevaluable):
        Expression("body == ''", HTTP_NAMES).holds({"status": 200, "headers": {}, "body": "\ud800", "json": None})


@pytest.mark.parametrize("text", ["size(json) == 1", "json.size() == 1", "json.startsWith('a')", "json > 1"])
def test_what_depends_on_the_type_of_the_json_is_left_to_the_run(text: str) -> None:
    Expression(text, HTTP_NAMES)


@pytest.mark.parametrize("text", ["sizee(json) == 1", "json.length() == 1", "sizee(body) == 1"])
def test_a_function_that_does_not_exist_is_found_before_the_run(text: str) -> None:
    with pytest.raises(ValueError, match=r"there is no function '(sizee|length)' in CEL or its library"):
        Expression(text, HTTP_NAMES)
