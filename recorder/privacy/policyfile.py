"""A policy from its YAML file; every error has the file, the line and the path.

fields: [password, token, customer number]   # instead of the built-in names; `more_fields` adds to them
keep_kinds: [ip address]
strict: true
rules:
  - {place: "json:$.user.*.name", action: pseudonymise}
  - {place: "path:2", action: keep, routes: ["GET /shops/{shop}"]}
  - {place: "header:X-Tenant", action: replace, to: tenant}
"""

from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import yaml

from foreshock.errors import UsageError
from recorder.policy import ActionName, Policy, Rule
from recorder.privacy.kinds import NAMES as KINDS
from recorder.privacy.rules import check_route, pattern_of

_MAX_BYTES = 1 << 20
_LISTS = ("headers", "fields", "personal")
_KEYS = (*_LISTS, *(f"more_{name}" for name in _LISTS), "keep_kinds", "strict", "rules")
_RULE_KEYS = ("place", "action", "to", "routes")


def read_policy(path: Path) -> Policy:
    """UsageError in one line: no such file, not YAML, an unknown name, a place that is none, an action that is none."""
    return _Reader(str(path), _content(path)).policy()


def _content(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from None
    if len(raw) > _MAX_BYTES:
        raise UsageError(f"{path}: {len(raw)} bytes; expected at most {_MAX_BYTES}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None


class _Reader:
    """Walks the nodes of the file, which know their lines."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text

    def policy(self) -> Policy:
        try:
            node = yaml.compose(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise UsageError(f"{self._file}:{line}: not YAML: {error.problem}") from None
        except (yaml.YAMLError, RecursionError) as error:
            raise UsageError(f"{self._file}:1: not YAML: {type(error).__name__}") from None
        if node is None:
            return Policy()
        said = self._mapping(node, "(file)", _KEYS)
        default = Policy()
        named: dict[str, Any] = {}
        for name in _LISTS:
            whole = self._texts(said[name], name) if name in said else getattr(default, name)
            more = self._texts(said[f"more_{name}"], f"more_{name}") if f"more_{name}" in said else ()
            named[name] = (*whole, *more)
        kept = self._texts(said["keep_kinds"], "keep_kinds", KINDS) if "keep_kinds" in said else ()
        strict = self._boolean(said["strict"], "strict") if "strict" in said else False
        rules = tuple(self._rules(said["rules"])) if "rules" in said else ()
        return Policy(**named, kept_kinds=kept, strict=strict, rules=rules)

    def _rules(self, node: yaml.Node) -> list[Rule]:
        return [self._rule(item, f"rules[{number}]") for number, item in enumerate(self._sequence(node, "rules"))]

    def _rule(self, node: yaml.Node, path: str) -> Rule:
        said = self._mapping(node, path, _RULE_KEYS)
        for key in ("place", "action"):
            if key not in said:
                raise self._error(node, path, f"has no {key}; expected {{place: 'json:$.user.name', action: keep}}")
        place = self._text_of(said["place"], f"{path}.place")
        kind, _, name = place.partition(":")
        try:
            pattern_of(kind, name)
        except ValueError as error:
            raise self._error(said["place"], f"{path}.place={place!r}", str(error)) from None
        action = self._one_of(said["action"], f"{path}.action", get_args(ActionName))
        if (action == "replace") != ("to" in said):
            problem = "says what 'replace' puts there; it is written with that action, and only with it"
            raise self._error(said.get("to", node), f"{path}.to", problem)
        if action == "drop" and kind in ("path", "body"):
            raise self._error(said["action"], f"{path}.action", f"a {kind} cannot be dropped; replace it")
        return Rule(
            place=place,
            action=cast(ActionName, action),
            to=self._scalar(said["to"], f"{path}.to") if "to" in said else None,
            routes=self._routes(said["routes"], f"{path}.routes") if "routes" in said else (),
        )

    def _routes(self, node: yaml.Node, path: str) -> tuple[str, ...]:
        routes = self._texts(node, path)
        for number, route in enumerate(routes):
            try:
                check_route(route)
            except ValueError as error:
                raise self._error(node.value[number], f"{path}[{number}]={route!r}", str(error)) from None
        return routes

    def _mapping(self, node: yaml.Node, path: str, known: tuple[str, ...]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, path, f"expected a mapping of {', '.join(known)}")
        said: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                raise self._error(key, f"{path}.{name}", f"expected one of {', '.join(known)}")
            if name in said:
                raise self._error(key, f"{path}.{name}", "stands there twice")
            said[name] = value
        return said

    def _sequence(self, node: yaml.Node, path: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, path, "expected a list")
        return list(node.value)

    def _texts(self, node: yaml.Node, path: str, known: tuple[str, ...] | None = None) -> tuple[str, ...]:
        items = enumerate(self._sequence(node, path))
        if known:
            return tuple(self._one_of(item, f"{path}[{number}]", known) for number, item in items)
        return tuple(self._text_of(item, f"{path}[{number}]") for number, item in items)

    def _one_of(self, node: yaml.Node, path: str, known: tuple[str, ...]) -> str:
        text = self._text_of(node, path)
        if text not in known:
            raise self._error(node, f"{path}={text!r}", f"expected one of {', '.join(known)}")
        return text

    def _text_of(self, node: yaml.Node, path: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            raise self._error(node, path, "expected text")
        return str(node.value)

    def _boolean(self, node: yaml.Node, path: str) -> bool:
        if not isinstance(node, yaml.ScalarNode) or node.value not in ("true", "false"):
            raise self._error(node, path, "expected true or false")
        return bool(node.value == "true")

    def _scalar(self, node: yaml.Node, path: str) -> str | int | float | bool | None:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, path, "expected text, a number, true, false or null")
        value = yaml.safe_load(yaml.serialize(node))
        return value if value is None or isinstance(value, str | int | float) else str(node.value)

    def _error(self, node: yaml.Node, path: str, problem: str) -> UsageError:
        return UsageError(f"{self._file}:{node.start_mark.line + 1}: {path}: {problem}")


def policy_of(path: Path | None, *, strict: bool) -> Policy:
    """What a command's options say: the file's policy or the default one, and strict if either says so."""
    policy = read_policy(path) if path else Policy()
    return msgspec.structs.replace(policy, strict=True) if strict else policy
