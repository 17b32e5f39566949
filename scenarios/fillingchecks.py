"""What the types alone can't say of `identities`, `map` and `auth`: places that are none, files that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from replayer.filling.spots import parse_spot
from replayer.place import parse_place
from scenarios.scenario import ScenarioFile
from scenarios.yamlfile import Document, Place


def check_filling(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError at the first one."""
    for place, text in _spots(scenario):
        try:
            parse_spot(text)
        except ValueError as error:
            raise document.error(place, str(error)) from None
    for place, file in _files(scenario):
        if not (Path(document.file).parent / file).is_file():
            raise document.error(place, "no such file; paths start from the scenario's folder")
    login = scenario.auth.login if scenario.auth else None
    if login and login.take:
        try:
            parse_place(login.take)
        except ValueError as error:
            raise document.error(("auth", "login", "take"), str(error)) from None


def _spots(scenario: ScenarioFile) -> Iterator[tuple[Place, str]]:
    if scenario.identities:
        for column, spots in scenario.identities.into.items():
            for index, spot in enumerate(spots):
                yield ("identities", "into", column, index), spot
        for index, spot in enumerate(scenario.identities.who or ()):
            yield ("identities", "who", index), spot
    for number, entry in enumerate(scenario.map):
        for index, spot in enumerate(entry.at):
            yield ("map", number, "at", index), spot
    if scenario.auth and scenario.auth.login:
        yield ("auth", "login", "into"), scenario.auth.login.into


def _files(scenario: ScenarioFile) -> Iterator[tuple[Place, str]]:
    if scenario.identities:
        yield ("identities", "file"), scenario.identities.file
    for number, entry in enumerate(scenario.map):
        if entry.file is not None:
            yield ("map", number, "file"), entry.file
    if scenario.auth and scenario.auth.sign:
        yield ("auth", "sign"), scenario.auth.sign.rpartition(":")[0]
