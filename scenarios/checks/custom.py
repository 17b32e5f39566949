"""A check of the user's own: a function of a Python file, given the finished plan (`scenarios.checks.runview`).

It is loaded by path, never by import name, and runs in a thread of its own, beside the event loop.

- violated, held, unknown: as it returns (`run.violated(...)`, `run.held(...)`, `run.unknown(...)`); a bare text is
  what was violated, None that it held.
- unknown, besides: it raised (with the line of its file that did), returned something else, took too long, or a probe
  of its could not read.

Where it can be wrong: it is the user's code. One that never ends is left to itself, and not called again.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import itertools
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.checks.probe import Unreadable
from scenarios.checks.runview import RunView, Said
from scenarios.finding import CheckResult

_LONGEST_S = 10.0
_NUMBER = itertools.count(1)


class Custom:
    """`text` is 'FILE.py:FUNCTION', FILE from `folder` on. Raises ValueError, in a line, where there is no such
    function, or its file does not run."""

    def __init__(self, text: str, folder: Path, *, longest_s: float = _LONGEST_S) -> None:
        file, _, function = text.rpartition(":")
        self._file = folder / file
        self._longest_s = longest_s
        self._stuck = False
        self._check = _loaded(self._file, function)
        self.name = name_of(text)

    async def judge(self, view: RunView) -> CheckResult:
        """Its verdict."""
        if self._stuck:
            return self._result(Said("unknown", f"it did not end within {self._longest_s:g} s after an earlier plan"))
        try:
            async with asyncio.timeout(self._longest_s):
                return self._result(await _in_thread(lambda: self._said(view)))
        except TimeoutError:
            self._stuck = True
            return self._result(Said("unknown", f"it did not end within {self._longest_s:g} s"))

    def _said(self, view: RunView) -> Said:
        try:
            returned = self._check(view)
        except Unreadable as error:
            return Said("unknown", f"its probe could not read: {error}")
        except Exception as error:  # noqa: BLE001  (the user's code: whatever it raises says nothing of the system)
            return Said("unknown", f"the check itself failed: {_place(error, self._file)}")
        if isinstance(returned, Said):
            return returned
        if returned is None:
            return view.held()
        if isinstance(returned, str) and returned:
            return view.violated(returned)
        what = f"{returned!r:.60}; expected run.held(), run.violated(message), run.unknown(message), a text or None"
        return Said("unknown", f"the check itself failed: {self._file.name} returned {what}")

    def _result(self, said: Said) -> CheckResult:
        return CheckResult(
            check=self.name,
            verdict=said.verdict,
            evaluated=int(said.verdict != "unknown"),
            message=str(said.message),
            state=str(said.state),
        )


def name_of(text: str) -> str:
    """'no order is lost', of 'checks.py:no_order_is_lost'."""
    return text.rpartition(":")[2].replace("_", " ").strip()


async def _in_thread(function: Callable[[], Said]) -> Said:
    """As `asyncio.to_thread`, in a thread that nobody waits for when it never ends."""
    loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def tell(said: Said) -> None:
        if not done.done():
            done.set_result(said)

    def work() -> None:
        said = function()
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, said)

    threading.Thread(target=work, daemon=True, name="check").start()
    said: Said = await done
    return said


def _loaded(file: Path, function: str) -> Callable[[RunView], Any]:
    """By path, under a name that nobody imports: a user's module must not stand for one of ours."""
    if not file.is_file():
        raise ValueError(f"there is no file {file}; paths start from the scenario's folder")
    spec = importlib.util.spec_from_file_location(f"foreshock_user_check_{next(_NUMBER)}", file)
    assert spec is not None  # of a file that ends in .py there always is one
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"it could not be loaded: {_place(error, file)}") from error
    found: Any = getattr(module, function, None)
    if not callable(found):
        raise ValueError(f"{file.name} has no function {function!r}")
    if inspect.iscoroutinefunction(found):
        raise ValueError(f"{function} is async; expected a plain function of one argument, the run")
    try:
        inspect.signature(found).bind(None)
    except TypeError:
        mend = f"expected def {function}(run)"
        raise ValueError(f"{function} does not take one argument, the run; {mend}") from None
    return found  # type: ignore[no-any-return]  # what it returns is looked at when it has been called


def _place(error: BaseException, file: Path) -> str:
    """'checks.py:14: KeyError: 'id'', of the last line of the user's file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    line = lines[-1] if lines else getattr(error, "lineno", None)
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{file.name}:{line}: {type(error).__name__}: {said}" if line else f"{type(error).__name__}: {said}"
