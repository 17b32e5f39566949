"""The scenario's JSON Schema, for editors: made from the types, published as `scenarios/scenario.schema.json`.

`python -P -m scenarios.scenario_schema` writes the published file again; a test holds it current.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from faults.catalogue import KINDS
from scenarios.scenario import ScenarioFile

PUBLISHED = Path(__file__).with_name("scenario.schema.json")


def scenario_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a scenario file."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Foreshock scenario",
        **msgspec.json.schema(ScenarioFile),
    }
    _put_magnitudes_beside_the_kind(schema["$defs"]["FaultEntry"])
    for described in schema["$defs"].values():  # docstrings: Python 3.13 takes their indentation out, 3.12 does not
        if "description" in described:
            described["description"] = cleandoc(described["description"])
    return schema


def _put_magnitudes_beside_the_kind(fault: dict[str, Any]) -> None:
    """In the file a fault's magnitudes stand beside its kind; which kind has which, the loader checks."""
    properties = fault["properties"]
    del properties["args"]
    properties["kind"] = {"enum": list(KINDS), "description": "the production failure"}
    for argument in [argument for kind in KINDS.values() for argument in kind.arguments]:
        kinds = [kind.name for kind in KINDS.values() if argument.name in [each.name for each in kind.arguments]]
        properties[argument.name] = {
            "type": "integer",
            "minimum": argument.low,
            "maximum": argument.high,
            "description": f"of {', '.join(kinds)}",
        }
    properties |= {"type": {"type": "string"}, "stream": {"enum": ["upstream", "downstream"]}}
    properties |= {"attributes": {"type": "object"}, "toxicity": {"type": "number", "minimum": 0, "maximum": 1}}


def published_text() -> str:
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(published_text(), encoding="utf-8")
