"""Lines as real programs write them."""

import pytest

from recorder.listen.logformat import said_by

WHOLE_S = 1_700_000_000.0
HALF_S = 1_700_000_000.5


@pytest.mark.parametrize(
    ("line", "level", "message", "wall_s"),
    [
        # Python's logging, nginx, Go's log, log4j
        ("2023-11-14 22:13:20,500 ERROR pool: no slot", "ERROR", "pool: no slot", HALF_S),
        ("2023/11/14 22:13:20 [warn] 7#7: *1 upstream is slow", "WARN", "7#7: *1 upstream is slow", WHOLE_S),
        ("2023/11/14 22:13:20 listening", "", "listening", WHOLE_S),
        ("2023-11-14 22:13:20.500  WARN 1 --- [main] o.Pool : full", "WARN", "1 --- [main] o.Pool : full", HALF_S),
        # zap, pino, GCP, Serilog, structlog
        ('{"level":"error","ts":1700000000.5,"caller":"pool/pool.go:7","msg":"no slot"}', "ERROR", "no slot", HALF_S),
        ('{"level":40,"time":1700000000500,"pid":7,"hostname":"a","msg":"slow"}', "WARN", "slow", HALF_S),
        ('{"severity":"CRITICAL","message":"down","timestamp":"2023-11-14T22:13:20Z"}', "FATAL", "down", WHOLE_S),
        ('{"@t":"2023-11-14T22:13:20.5Z","@mt":"order {Id}","@l":"Warning","Id":7}', "WARN", "order {Id}", HALF_S),
        ('{"event":"late","level":"info","timestamp":"2023-11-14T22:13:20Z"}', "INFO", "late", WHOLE_S),
        ('{"@timestamp":"2023-11-14T22:13:20Z","log":{"level":"warn"},"message":"late"}', "WARN", "late", WHOLE_S),
        # logfmt: Go kit, Grafana, logrus
        ('ts=2023-11-14T22:13:20.5Z level=info msg="no \\"slot\\"" pool=a', "INFO", 'no "slot"', HALF_S),
        ('time="2023-11-14T22:13:20Z" level=warning msg=slow', "WARN", "slow", WHOLE_S),
        # as Docker and containerd keep them
        ('{"log":"ERROR no slot\\n","stream":"stderr","time":"2023-11-14T22:13:20.5Z"}', "ERROR", "no slot", HALF_S),
        ('2023-11-14T22:13:20.5Z stdout F {"level":"warn","msg":"slow"}', "WARN", "slow", HALF_S),
        # no message: what it is about
        ('{"method":"GET","path":"/a","status":200}', "", "method path status", None),
        # a date within the text is not the line's own
        ("INFO 2023-11-14 22:13:20 listening", "INFO", "2023-11-14 22:13:20 listening", WHOLE_S),
        ("INFO prices as of 2023-11-14 22:13:20", "INFO", "prices as of 2023-11-14 22:13:20", None),
        ('a - - [14/Nov/2023:22:13:20 +0000] "GET /"', "", 'a - - [14/Nov/2023:22:13:20 +0000] "GET /"', WHOLE_S),
        # almost, and not quite
        ("a=1 b", "", "a=1 b", None),
        ("x=1 y=2", "", "x=1 y=2", None),
        ('{"level":"info"', "", '{"level":"info"', None),
        ("[1, 2]", "", "[1, 2]", None),
    ],
)  # fmt: skip
def test_a_line_says_its_level_its_message_and_its_time(
    line: str, level: str, message: str, wall_s: float | None
) -> None:
    said = said_by(line)
    assert (said.level, " ".join(said.message.split())) == (level, message)
    assert (said.stamp.wall_s if said.stamp else None) == pytest.approx(wall_s)


def test_of_fields_the_names_are_kept_and_the_values_only_of_those_that_say_where_it_comes_from() -> None:
    said = said_by('{"msg":"x","logger":"app.pool","exc_type":"TimeoutError","user":"Ada","logger_name":"ada 7"}')
    assert said.fields == (("logger", "app.pool"), ("exc_type", "TimeoutError"), ("user", ""), ("logger_name", ""))


def test_a_field_whose_name_may_be_a_value_is_left_out() -> None:
    assert said_by('{"msg":"x","ada@example.org":1,"7":2,"a b":3,"fine":4}').fields == (("fine", ""),)


def test_a_line_is_read_in_time_that_grows_with_its_length_alone() -> None:
    for line in ("{" * 100_000, "a=" * 100_000, '"' * 100_000, 'a="\\' * 50_000, "2023-" * 50_000, '{"a":' * 50_000):
        assert len(said_by(line).message) <= 2000
