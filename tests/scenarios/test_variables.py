import pytest

from scenarios.scenario import Ready
from scenarios.variables import UnknownVariable, address_values, at_load, filled, filled_struct


def loaded(text: str, **environment: str) -> str:
    return at_load(text, "/home/scenario", environment, ("dir",))


def test_what_is_known_at_load_is_put_in_and_the_rest_is_left() -> None:
    assert loaded("${scenario_dir}/${env.A}/${dir}", A="a") == "/home/scenario/a/${dir}"


@pytest.mark.parametrize(("environment", "value"), [({}, "1"), ({"A": ""}, "1"), ({"A": "2"}, "2")])
def test_a_default_stands_in_for_a_variable_that_is_unset_or_empty(environment: dict[str, str], value: str) -> None:
    assert loaded("${env.A:-1}", **environment) == value


def test_what_comes_from_the_environment_stays_as_it_is() -> None:
    assert filled(loaded("${env.A}", A="${dir} $${"), {"dir": "/d"}) == "${dir} $${"


def test_a_doubled_dollar_is_a_literal_one() -> None:
    assert filled(loaded("$${dir} ${dir} $5"), {"dir": "/d"}) == "${dir} /d $5"


@pytest.mark.parametrize("text", ["${dri}", "${}", "${env.}", "${env.A}", "${dir", "${processes.x.url}"])
def test_what_nothing_is_known_of_is_refused(text: str) -> None:
    with pytest.raises(UnknownVariable):
        loaded(text)


def test_an_address_is_also_had_in_its_parts() -> None:
    values = address_values("links", {"payments": "127.0.0.1:8080"})
    assert filled("${links.payments.url} ${links.payments.host} ${links.payments.port}", values) == (
        "http://127.0.0.1:8080 127.0.0.1 8080"
    )


def test_every_text_of_a_struct_is_filled() -> None:
    assert filled_struct(Ready(http="${dir}/x"), {"dir": "http://h"}) == Ready(http="http://h/x")
