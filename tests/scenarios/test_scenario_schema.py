import json

from scenarios.scenario_schema import PUBLISHED, published_text, scenario_schema


def test_the_published_schema_is_what_the_types_say() -> None:
    mend = "run: python -P -m scenarios.scenario_schema"
    assert PUBLISHED.read_text(encoding="utf-8") == published_text(), mend


def test_a_fault_s_magnitudes_stand_beside_its_kind() -> None:
    fault = scenario_schema()["$defs"]["FaultEntry"]
    assert "args" not in fault["properties"]
    assert fault["properties"]["latency_ms"]["type"] == "integer"
    assert "slow" in fault["properties"]["kind"]["enum"]


def test_unknown_keys_are_refused_by_the_schema_too() -> None:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert all(each["additionalProperties"] is False for each in schema["$defs"].values() if each["type"] == "object")
