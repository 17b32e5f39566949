import io
import os

import pytest

from scenarios.interrupt import ReaderGone
from scenarios.report.console import console_on


def test_a_pipe_gets_no_colour_no_markup_and_a_fixed_width() -> None:
    stream = io.StringIO()
    console_on(stream).print("[bold]:smile: " + "and " * 40, style="red")
    first, second = stream.getvalue().splitlines()
    assert first.startswith("[bold]:smile: and")
    assert max(len(first), len(second)) <= 110


def test_a_reader_that_has_gone_is_told_as_such_once_and_not_as_something_found() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    console = console_on(stream)
    with pytest.raises(ReaderGone):
        console.print("nobody reads this")
    console.print("nor what is said on the way out")
    with pytest.raises(BrokenPipeError):  # the line that was never read
        stream.close()
    assert ReaderGone.exit_code == 141
