"""What was read of the system when all was over: faults lifted, everything in flight ended, the state settled."""

from __future__ import annotations

from functools import cached_property

import msgspec

from replayer.outcome import Answer
from replayer.plan import Request
from scenarios.resources.key import Key, is_id, path_of
from scenarios.resources.op import json_of


class View(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One closing read, by `session`'s credentials, of `route`.

    `answer` is None where there was none (`error` says why); it is the last of `reads` answers, and `settled` says that
    the one before it was equal. `keys` are the resources that its path names, the outermost first.
    """

    route: str
    session: str
    request: Request
    keys: tuple[Key, ...] = ()
    answer: Answer | None = None
    error: str | None = None
    reads: int = 1
    settled: bool = True

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def said(self) -> bool:
        """Whether it says anything of the state: answered whole, and no 5xx."""
        return self.error is None and self.answer is not None and self.answer.status < 500

    @property
    def key(self) -> Key | None:
        """The resource that was read; None of a list or anything else."""
        return self.keys[-1] if self.keys and is_id(path_of(self.route).split("/")[-1]) else None

    @cached_property
    def content(self) -> object:
        """The answer's JSON; msgspec.UNSET where it is none."""
        return json_of(self.answer)
