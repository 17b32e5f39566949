from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.policy import Policy, Rule
from recorder.privacy.policyfile import policy_of, read_policy


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return path


def test_a_policy_is_read_with_its_rules(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
more_fields: [customer number]
personal: []
keep_kinds: [ip address]
strict: true
rules:
  - {place: "json:$.user.*.name", action: keep, routes: ["GET /users/{id}"]}
  - {place: "header:X-Tenant", action: replace, to: 7}
""",
    )
    policy = read_policy(path)
    assert policy.fields == (*Policy().fields, "customer number")
    assert (policy.personal, policy.kept_kinds, policy.strict) == ((), ("ip address",), True)
    assert policy.rules == (
        Rule(place="json:$.user.*.name", action="keep", routes=("GET /users/{id}",)),
        Rule(place="header:X-Tenant", action="replace", to=7),
    )


def test_an_empty_file_is_the_default_policy_and_strict_is_what_either_says(tmp_path: Path) -> None:
    assert read_policy(written(tmp_path, "# nothing\n")) == Policy()
    assert policy_of(None, strict=False) == Policy()
    assert policy_of(written(tmp_path, "strict: false"), strict=True).strict


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("fields: password", ":1: fields: expected a list"),
        ("fields:\n  - {a: b}", ":2: fields[0]: expected text"),
        ("feilds: []", ":1: (file).feilds: expected one of headers, fields, "),
        ("strict: true\nstrict: true", ":2: (file).strict: stands there twice"),
        ("strict: perhaps", ":1: strict: expected true or false"),
        ("keep_kinds: [phone]", ":1: keep_kinds[0]='phone': expected one of private key, jwt, "),
        ("rules:\n- {place: 'json:$.a', action: hide}", ":2: rules[0].action='hide': expected one of keep, drop, "),
        ("rules:\n- {action: keep}", ":2: rules[0]: has no place; expected "),
        (
            "rules:\n- {place: 'json:user.name', action: keep}",
            ":2: rules[0].place='json:user.name': a JSON path begins",
        ),
        ("rules:\n- {place: 'json:$.a[0]', action: keep}", "'[0]' is no step of a path; expected .name, .*, [*]"),
        ("rules:\n- {place: 'body.x', action: keep}", "no such place; expected one that begins with json:, form:, "),
        ("rules:\n- {place: 'path:0', action: keep}", "the number of a segment, from 1, such as path:2"),
        ("rules:\n- {place: 'body:nonsense', action: keep}", ":2: rules[0].place='body:nonsense': a body's place is a"),
        ("rules:\n- {place: 'body:text/html; charset=utf-8', action: keep}", "media type without its parameters, such"),
        ("rules:\n- {place: 'path:1', action: drop}", "a path cannot be dropped; replace it"),
        ("rules:\n- {place: 'query:q', action: replace}", ":2: rules[0].to: says what 'replace' puts there"),
        ("rules:\n- {place: 'query:q', action: keep, routes: [users]}", "rules[0].routes[0]='users': expected a route"),
        ("rules: [", ":1: not YAML: "),
        ("- a", ":1: (file): expected a mapping of headers"),
    ],
)
def test_what_a_policy_cannot_say_is_named_with_its_line_and_path(tmp_path: Path, text: str, error: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        read_policy(path)
    assert str(raised.value).startswith(f"{path}:")
    assert error in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["text/html", "text/*", "*json", "*", "application/vnd.shop.v2+json", "-"])
def test_a_body_is_named_by_its_media_type_or_a_pattern_of_it(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, f"rules:\n- {{place: 'body:{name}', action: keep}}")
    assert read_policy(path).rules == (Rule(place=f"body:{name}", action="keep"),)


def test_a_policy_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none.yaml: can't be read: No such file"):
        read_policy(tmp_path / "none.yaml")
