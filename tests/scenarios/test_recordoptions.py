from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from recorder.ring import Rotation
from scenarios.recordoptions import Storing, storing, storing_options


def asked(*arguments: str) -> Storing:
    """What the options say."""
    found: list[Storing] = []

    @click.command()
    @storing_options
    def command(**options: object) -> None:
        found.append(storing(**options))

    result = CliRunner().invoke(command, arguments)
    if not found:
        raise ValueError(result.output)
    return found[0]


def test_unasked_everything_is_kept_in_segments_of_an_hour_and_a_gigabyte_is_left_free() -> None:
    unasked = asked()
    assert unasked.keeping.rotation == Rotation(segment_bytes=64_000_000, every_s=3600.0)
    assert unasked.keeping.share.fraction == 1
    assert unasked.keeping.min_free_bytes == 1_000_000_000
    assert not unasked.sources
    assert (unasked.recorder, unasked.encrypt_key_file) == ("", None)


def test_what_is_asked_for_is_kept_and_stands_in_the_manifest() -> None:
    keeping = asked(
        "--include", "POST /orders*", "--include", "/carts", "--exclude", "/healthz", "--sample", "10%",
        "--rotate", "1MB", "--rotate-every", "5m", "--keep", "10GB", "--keep-segments", "7", "--min-free", "0",
        "--session-key", "header:X-User", "--trusted-hops", "2",
    ).keeping  # fmt: skip
    assert keeping.said == {
        "include": "POST /orders* | /carts",
        "exclude": "/healthz",
        "sample": "10% of the sessions",
    }
    assert keeping.rotation == Rotation(
        segment_bytes=1_000_000, every_s=300.0, keep_bytes=10_000_000_000, keep_segments=7
    )
    assert (str(keeping.rule.key), keeping.rule.trusted_hops, keeping.min_free_bytes) == ("header:X-User", 2, 0)


def test_sources_may_be_several() -> None:
    sources = asked("--logs", "a.log", "--logs", "b.log", "--health", "http://h/", "--metrics", "http://m/").sources
    assert sources.logs == (Path("a.log"), Path("b.log"))
    assert (sources.metrics, sources.health) == (("http://m/",), ("http://h/",))


def test_what_is_pushed_is_received_at_an_address_and_what_is_followed_may_be_several() -> None:
    sources = asked(
        "--docker", "shop-1", "--docker", "shop-2", "--journal", "db.service",
        "--otlp", "127.0.0.1:4318", "--statsd", "[::1]:8125",
    ).sources  # fmt: skip
    assert (sources.docker, sources.journal) == (("shop-1", "shop-2"), ("db.service",))
    assert (sources.otlp, sources.statsd) == (("127.0.0.1", 4318), ("::1", 8125))


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("--include", "orders", "expected METHOD, /PATH"),
        ("--sample", "0%", "expected a share of the sessions"),
        ("--session-key", "who", "expected header:NAME"),
        ("--rotate", "0", "expected more than no bytes"),
        ("--rotate-every", "5", "expected a duration"),
        ("--rotate-every", "0s", "expected more than no time"),
        ("--keep", "much", "expected a size"),
        ("--metrics", "localhost:9090", "expected a URL"),
        ("--otlp", "4318", "expected HOST:PORT"),
        ("--statsd", "127.0.0.1:0", "expected HOST:PORT"),
    ],
)
def test_what_cannot_be_is_refused_with_the_option_and_what_is_allowed(option: str, value: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed) as refused:
        asked(option, value)
    assert option in str(refused.value)
