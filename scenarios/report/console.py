"""The console that everything is shown on: no markup, a fixed width in a pipe, and a reader who may go."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from scenarios.interrupt import ReaderGone

_PIPED_WIDTH = 110  # columns where the output is no terminal


class _Shown(Console):
    def on_broken_pipe(self) -> None:
        """Instead of rich's exit with code 1, which here would say that something was found."""
        self.quiet = True  # what is still said on the way out goes nowhere
        raise ReaderGone


def console_on(stream: TextIO) -> Console:
    """On `stream`: colours and bars where it is a terminal, plain lines of a fixed width where it is not."""
    width = None if stream.isatty() else _PIPED_WIDTH
    return _Shown(file=stream, width=width, highlight=False, markup=False, emoji=False)
