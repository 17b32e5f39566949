import pytest

from scenarios.declared import SqlProbe
from scenarios.scenario import Ready
from scenarios.variables import UnknownVariable, address_values, at_load, filled, filled_struct, names_in, partly_filled


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


def test_the_variables_of_a_struct_are_those_of_all_its_texts_but_the_literal_ones() -> None:
    struct = SqlProbe(database="${dir}/${processes.shop.port}.db", query="SELECT '$${links.peer.url}', ${dir}")
    assert names_in(struct) == {"dir", "processes.shop.port"}


def test_what_is_known_is_filled_and_the_rest_stays_to_be_filled_later() -> None:
    text = partly_filled("${links.peer.url}/${dir}/$${dir}", {"dir": "/d"})
    assert text == "${links.peer.url}//d/$${dir}"
    assert filled(text, {"links.peer.url": "http://h"}) == "http://h//d/${dir}"


def test_a_value_that_looks_like_a_variable_is_none_later() -> None:
    assert filled(partly_filled("${dir}", {"dir": "/${home}"}), {}) == "/${home}"


def test_a_struct_is_partly_filled_in_every_text() -> None:
    probe = SqlProbe(database="${dir}/a", query="${links.peer.url}")
    assert filled_struct(probe, {"dir": "/d"}, partly_filled) == SqlProbe(database="/d/a", query="${links.peer.url}")
