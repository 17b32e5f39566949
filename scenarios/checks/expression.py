"""What an invariant expects, in CEL (https://cel.dev): sandboxed, without side effects, and it always ends.

Parsed once, at load, where a mistake can still be shown at its line; evaluated on what a probe read. Besides CEL's own
functions there are those of the `cel` package's library: `sum`, `min`, `max`, `distinct`, `sort`, `split`, ...
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

import cel
from cel.stdlib import add_stdlib_to_context

SQL_NAMES = ("rows",)
HTTP_NAMES = ("status", "headers", "body", "json")

_BOUND = re.compile(r"\b(?:all|exists|exists_one|existsOne|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_POSITION = re.compile(r"<input>:(?P<line>\d+):(?P<column>\d+): (?:Syntax error: )?(?P<what>[^\n]*)")
_UNDEFINED = re.compile(r"Undefined variable or function: '([^']*)'")
_SAMPLE: dict[str, Any] = {"rows": [], "status": 200, "headers": {}, "body": ""}
_JSON_SAMPLES: tuple[Any, ...] = (None, {}, [], "", 0)
_FAILURES = (ValueError, TypeError, LookupError, RuntimeError, ArithmeticError, AttributeError)  # what `cel` raises


class Unevaluable(Exception):
    """The expression could not be evaluated on what was read, or gave neither true nor false. The message says why."""


class Expression:
    """A parsed expression over `names`. Raises ValueError, in one line, for one that can't ever be evaluated."""

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        self.text = text
        try:
            self._program = cel.compile(text)
        except ValueError as error:
            raise ValueError(_syntax_problem(error)) from error
        bound = set(_BOUND.findall(text))
        used = set(self._program.variables())
        if unknown := sorted(used - bound - set(names)):
            close = difflib.get_close_matches(unknown[0], names, n=1)
            mend = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"{unknown[0]!r} is not a name here{mend} (names: {', '.join(names)})")
        if not used & set(names):
            raise ValueError(f"it looks at nothing that was read (names: {', '.join(names)})")
        self._reads = frozenset(used & set(names))
        self._check_functions(names)

    def reads(self, name: str) -> bool:
        """Whether the expression looks at `name`."""
        return name in self._reads

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds on `values`. Raises Unevaluable."""
        try:
            result = self._evaluate(values)
        except _FAILURES as error:
            raise Unevaluable(f"{self.text!r} can't be evaluated: {_reason(error)}") from error
        if not isinstance(result, bool):
            raise Unevaluable(f"{self.text!r} gave {result!r:.80}, expected true or false")
        return result

    def _evaluate(self, values: Mapping[str, Any]) -> Any:
        context = cel.Context(dict(values))
        add_stdlib_to_context(context)
        return self._program.execute(context)

    def _check_functions(self, names: tuple[str, ...]) -> None:
        """Trials on sample values find a function that does not exist; other errors may be the sample's.

        CEL also calls a function undefined that does not take a value of this type (`size(null)`): one that exists is
        defined for some sample.
        """
        undefined = [self._undefined({**_SAMPLE, "json": json}, names) for json in _JSON_SAMPLES]
        if all(undefined):
            raise ValueError(f"there is no function {undefined[0]!r} in CEL or its library")

    def _undefined(self, sample: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
        """The function that there is not for the sample's values, if that is what fails."""
        try:
            self._evaluate({name: sample[name] for name in names})
        except _FAILURES as error:
            match = _UNDEFINED.search(str(error))
            return match[1] if match else None
        return None


def _syntax_problem(error: ValueError) -> str:
    match = _POSITION.search(str(error))
    if match is None:
        return " ".join(str(error).split())
    what = re.sub(r"mismatched input '<EOF>'.*", "it ends too early", match["what"])
    return f"not a CEL expression: {what} at column {match['column']}"


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]}"
    if isinstance(error, TypeError):
        return "it joins values of types that do not go together (CEL converts nothing by itself)"
    return str(error).split(". ")[0]
