"""The words of a command line as they were typed, to say them again."""

from __future__ import annotations

import click

_WORDS = "foreshock words"


class Remembered(click.Command):
    """A command that can be told what it was called with."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)


def arguments_of(context: click.Context) -> tuple[str, ...]:
    """What the `Remembered` command of the context was called with."""
    words: tuple[str, ...] = context.meta[_WORDS]
    return words
