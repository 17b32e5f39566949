"""`${...}` in a scenario: what may stand there, and what it becomes.

Known when the file is read: `${scenario_dir}`, `${env.NAME}` and `${env.NAME:-default}`. Known only once an instance of
the system is started: `${dir}` (the instance's own folder), and `address` ('127.0.0.1:8080'), `url`
('http://127.0.0.1:8080'), `host` and `port` of `${processes.NAME.…}`, of `${links.NAME.…}`, and of
`${signals.otlp.…}` and `${signals.statsd.…}`. `$${` is a literal `${`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

_VARIABLE = re.compile(r"(?P<escape>\$?)\$\{(?P<name>[^{}]*)(?P<close>\}?)")
_ENVIRONMENT = re.compile(r"env\.(?P<name>\w+)(?P<default>:-.*)?", re.DOTALL)


class UnknownVariable(ValueError):
    """The text names something that is not there; the message says what is."""


def at_load(text: str, scenario_dir: str, environment: Mapping[str, str], later: Collection[str]) -> str:
    """`text` with what is known when the file is read; variables among `later` stay as they are, to be `filled`.

    Raises UnknownVariable for every other name, and for a '${' without its '}'.
    """

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if match["escape"]:
            return match[0]
        if not match["close"]:
            raise UnknownVariable(f"'${{{name}' has no closing '}}'; a literal '${{' is written '$${{'")
        if name == "scenario_dir":
            return _escaped(scenario_dir)
        if from_environment := _ENVIRONMENT.fullmatch(name):
            return _escaped(_of_environment(from_environment, environment))
        if name in later:
            return match[0]
        raise UnknownVariable(_unknown(name, later))

    return _VARIABLE.sub(value, text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text`, as `at_load` left it, with every variable's value; KeyError for one that `values` lacks."""

    def value(match: re.Match[str]) -> str:
        if match["escape"]:
            return match[0][1:]
        return values[match["name"]] if match["close"] else match[0]

    return _VARIABLE.sub(value, text)


def names_in(struct: msgspec.Struct) -> frozenset[str]:
    """The variables that any text in `struct` holds."""
    text = msgspec.json.encode(struct).decode()
    return frozenset(match["name"] for match in _VARIABLE.finditer(text) if not match["escape"])


def partly_filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with the variables that `values` has; everything else stays, to be `filled` later."""

    def value(match: re.Match[str]) -> str:
        return match[0] if match["escape"] or match["name"] not in values else _escaped(values[match["name"]])

    return _VARIABLE.sub(value, text)


def filled_struct(struct: T, values: Mapping[str, str], fill: Callable[[str, Mapping[str, str]], str] = filled) -> T:
    """`struct` with every text in it `filled`, or as `fill` does it."""
    return msgspec.convert(_tree(msgspec.to_builtins(struct), lambda text: fill(text, values)), type(struct))


def _tree(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {key: _tree(item, fill) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tree(item, fill) for item in value]
    return value


def address_values(kind: str, addresses: Mapping[str, str]) -> dict[str, str]:
    """The variables of `kind` ('processes' or 'links') for each name's 'host:port'."""
    values: dict[str, str] = {}
    for name, address in addresses.items():
        host, _, port = address.rpartition(":")
        values |= {
            f"{kind}.{name}.address": address,
            f"{kind}.{name}.url": f"http://{address}",
            f"{kind}.{name}.host": host,
            f"{kind}.{name}.port": port,
        }
    return values


def _escaped(value: str) -> str:
    """A value that is itself not looked at for variables."""
    return value.replace("${", "$${")


def _of_environment(match: re.Match[str], environment: Mapping[str, str]) -> str:
    name, default = match["name"], match["default"]
    value = environment.get(name)
    if default is not None:
        return value or str(default[2:])  # as the shell's ':-': empty counts as unset
    if value is None:
        raise UnknownVariable(f"the environment has no {name}; set it, or write '${{env.{name}:-default}}'")
    return value


def _unknown(name: str, later: Collection[str]) -> str:
    known = [*later, "scenario_dir", "env.NAME", "env.NAME:-default"]
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"; did you mean '${{{close[0]}}}'?" if close else ""
    heads = dict.fromkeys(re.sub(r"\.(address|url|host|port)$", ".{address,url,host,port}", each) for each in known)
    return f"'${{{name}}}' is not known here{mend} (known: {', '.join(heads)})"
