import pytest

from recorder.listen.logs import LogListener, mask, template_of


@pytest.mark.parametrize(
    ("line", "level", "template"),
    [
        ("2025-01-31T10:00:00.123Z WARN payment attempt 2 timed out", "WARN", "payment attempt <*> timed out"),
        ("2025-01-31 10:00:00,123 - ERROR - pool is empty", "ERROR", "- pool is empty"),
        ("[10:00:00] [info] started in 35ms", "INFO", "started in <*>"),
        ("WARNING:storefront:order 7f3a91c2 is slow", "WARN", "storefront:order <*> is slow"),
        ('level=warn msg="no slot" pool=5', "WARN", "msg=<*> pool=<*>"),
        ("Critical: disk", "FATAL", "disk"),
        ("just words", "", "just words"),
        ("an error of theirs", "", "an error of theirs"),
        ('{"level":"warning","msg":"order 12 late","user":"ada"}', "WARN", "order <*> late"),
        ('{"level":50,"message":"boom"}', "ERROR", "boom"),
        ("{not json", "", "{not json"),
        ("", "", ""),
    ],
)
def test_a_line_gives_its_level_and_its_template(line: str, level: str, template: str) -> None:
    assert template_of(line) == (level, template)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("took 12.5ms of 3 s", "took <*> of <*> s"),
        ("order 0b5c1f9e-8d0a-4d9b-9a55-0d4b8a3b6c11 at 127.0.0.1:8080", "order <*> at <*>"),
        ("user 'ada lovelace' and \"x \\\" y\" said it's", "user 'ada lovelace' and <*> said it's"),
        ("customer ada@example.org paid", "customer <*> paid"),
        ("GET https://shop.example/u/ada?x=y failed", "GET <*> failed"),
        ("token=abcdef password: hunter", "<*> <*>"),
        ("key deadbeefdeadbeef", "key <*>"),
        ("addr 0x7ffe 50% full", "addr <*> <*> full"),
    ],
)
def test_what_varies_is_masked(said: str, kept: str) -> None:
    assert mask(said) == kept.replace("'ada lovelace'", "<*>")


def test_lines_that_differ_only_in_what_varies_have_one_template() -> None:
    lines = [f"2025-01-31T10:00:0{n}Z INFO charge ch_{n}f3 of {n * 7}.00 for 'customer {n}'" for n in range(9)]
    assert len({template_of(line) for line in lines}) == 1


def test_a_very_long_line_is_bounded() -> None:
    assert len(mask("word " * 100_000)) <= 300


def listener(kept_lines: int = 3) -> LogListener:
    instants = iter([1.0, 2.0, 3.0, 4.0, 5.0])
    return LogListener("storefront", lambda: next(instants), kept_lines=kept_lines)


def test_a_listener_says_when_each_line_came_and_keeps_no_text_of_it() -> None:
    logs = listener()
    logs.feed(b"WARN customer 'ada' \xff waits\n")
    logs.feed("INFO 17")
    assert [(line.t_s, line.source, line.level, line.template) for line in logs.lines] == [
        (1.0, "storefront", "WARN", "customer <*> \ufffd waits"),
        (2.0, "storefront", "INFO", "<*>"),
    ]
    assert logs.since(2.0) == logs.lines[1:]


def test_an_empty_line_says_nothing() -> None:
    assert listener().feed(b"\n") is None


def test_the_oldest_lines_are_forgotten_and_counted() -> None:
    logs = listener()
    for n in range(5):
        logs.feed(f"line {'abcde'[n]}")
    assert [line.t_s for line in logs.lines] == [3.0, 4.0, 5.0]
    assert logs.forgotten == 2
