import pytest

from recorder.listen.logs import LogListener, mask, template_of
from recorder.listen.signal import LogLine


@pytest.mark.parametrize(
    ("line", "level", "template"),
    [
        ("2025-01-31T10:00:00.123Z WARN payment attempt 2 timed out", "WARN", "payment attempt <*> timed out"),
        ("2025-01-31 10:00:00,123 - ERROR - pool is empty", "ERROR", "- pool is empty"),
        ("[10:00:00] [info] started in 35ms", "INFO", "started in <*>"),
        ("WARNING:storefront:order 7f3a91c2 is slow", "WARN", "storefront:order <*> is slow"),
        ('level=warn msg="no slot" pool=5', "WARN", "no slot"),
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


def listener(**options: float) -> LogListener:
    instants = iter([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])  # the first is asked when it is made
    return LogListener("storefront", lambda: next(instants), wall=lambda: 1000.0, **options)


def test_a_listener_says_when_each_line_came_and_keeps_no_text_of_it() -> None:
    logs = listener()
    lines = [logs.feed(b"WARN customer 'ada' \xff waits\n"), logs.feed("INFO 17")]
    assert lines == [
        LogLine(1.0, "storefront", "WARN", "customer <*> \ufffd waits"),
        LogLine(2.0, "storefront", "INFO", "<*>"),
    ]


def test_an_empty_line_says_nothing() -> None:
    assert listener().feed(b"\n") is None


def test_lines_beyond_the_rate_are_refused_and_counted() -> None:
    logs = listener(per_s=3)
    kept = [logs.feed("word", came_s) for came_s in (1.0, 1.0, 1.0, 1.0, 1.5, 1.5)]
    assert [line is not None for line in kept] == [True, True, True, False, True, False]
    assert logs.refused == 2


def test_a_line_that_was_held_up_in_a_buffer_is_placed_by_its_own_time() -> None:
    logs = listener()
    prompt = [f"1970-01-01T00:16:{41 + n}.000Z said" for n in range(3)]  # 1001 s: at once
    for n, line in enumerate(prompt):
        assert logs.feed(line, 1.0 + n) == LogLine(1.0 + n, "storefront", "", "said")
    held_up = logs.feed("1970-01-01T00:16:44.000Z said", 9.0)
    assert held_up is not None
    assert held_up.t_s == 4.0


def test_a_structured_line_names_its_fields_and_says_only_where_it_comes_from() -> None:
    line = listener().feed('{"level":"error","msg":"no slot","logger":"pool","user":"ada","ts":1.5,"n":3}')
    assert line == LogLine(1.0, "storefront", "ERROR", "no slot", (("logger", "pool"), ("user", ""), ("n", "")))
