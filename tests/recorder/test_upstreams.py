import pytest

from foreshock.errors import UsageError
from recorder.upstreams import parse_upstream, parse_upstreams


@pytest.mark.parametrize(
    "upstream", ["", "shop", "ftp://h", "http://", "http://h:99999", "http://h/path", "http://u@h", "http://h?q"]
)
def test_an_upstream_that_is_none_is_refused(upstream: str) -> None:
    with pytest.raises(UsageError, match="expected http://HOST"):
        parse_upstream(upstream)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/", "http://rest"),
        ("/other?next=/api", "http://rest"),
        ("/api", "http://api:81"),
        ("/api/v1", "http://api:81"),
        ("/api?q", "http://api:81"),
        ("/apiary", "http://rest"),
        ("/api/admin", "https://admin"),
        ("/api/admin/x", "https://admin"),
        ("*", "http://rest"),
    ],
)
def test_the_longest_prefix_of_whole_segments_takes_the_path(path: str, url: str) -> None:
    upstreams = parse_upstreams(["/api=http://api:81", "http://rest", "/api/admin=https://admin:443"])
    assert upstreams.of(path).url == url


def test_two_upstreams_for_one_prefix_are_refused() -> None:
    with pytest.raises(UsageError, match="two upstreams for one prefix"):
        parse_upstreams(["http://a", "http://b"])


def test_prefixes_alone_leave_the_other_paths_to_nobody() -> None:
    with pytest.raises(UsageError, match="add the default"):
        parse_upstreams(["/api=http://a"])


def test_an_authority_is_written_as_a_host_header_has_it() -> None:
    assert [one.authority for one in parse_upstreams(["http://h:80"])] == ["h"]
    assert [one.authority for one in parse_upstreams(["https://[::1]:8443"])] == ["[::1]:8443"]
