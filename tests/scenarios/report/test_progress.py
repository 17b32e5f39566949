import io

from rich.console import Console

from scenarios.report.progress import progress


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_pipe_gets_a_plain_line_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()
    with progress(Console(file=stream, width=110), "explore", 150, clock) as shown:
        for done in range(0, 121, 10):
            clock.now_s = done / 10
            shown.update(done, f"{done // 60} found")
    assert stream.getvalue().splitlines() == [
        "explore   50 of 150 after 5.0 s, 0 found",
        "explore   100 of 150 after 10.0 s, 1 found",
    ]


def test_where_the_total_is_not_known_only_the_count_is_said() -> None:
    stream, clock = io.StringIO(), Clock()
    with progress(Console(file=stream, width=110), "record", None, clock) as shown:
        clock.now_s = 6.0
        shown.update(1234)
    assert stream.getvalue().splitlines() == ["record    1,234 after 6.0 s"]


def test_what_is_over_soon_says_nothing_on_a_pipe() -> None:
    stream = io.StringIO()
    with progress(Console(file=stream), "calm", 10, Clock()) as shown:
        shown.update(10)
    assert stream.getvalue() == ""


def test_a_terminal_gets_a_bar_with_the_count_and_the_words_made_safe() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=110)
    with progress(console, "calm", 312) as shown:
        shown.update(156, "\x1b[2Jhalf [bold]way[/]")
    text = stream.getvalue()
    assert "156 of 312" in text
    assert "\ufffd[2Jhalf [bold]way[/]" in text
