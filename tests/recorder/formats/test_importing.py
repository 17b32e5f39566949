import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foreshock.errors import UsageError
from recorder.exchange import header
from recorder.filter import Filter
from recorder.formats import importing
from recorder.formats.importing import UNKNOWN_UPSTREAM, Order, run_import
from recorder.privacy.policyfile import policy_of
from recorder.recording import Recording
from recorder.session import Rule
from recorder.sessionkey import SessionKey

Bring = Callable[..., Any]
SEPARATOR = "\n🐵🙈🙉\n".encode()


def gor(*requests: str) -> bytes:
    """A GoReplay file whose requests were answered."""
    return b"".join(
        f"1 {number:04} {1_700_000_000_000_000_000 + number * 10**9}\n{request}\r\n\r\n".encode()
        + SEPARATOR
        + f"2 {number:04} {1_700_000_000_500_000_000 + number * 10**9} 0\nHTTP/1.1 200 OK\r\n\r\nok".encode()
        + SEPARATOR
        for number, request in enumerate(requests)
    )


def get(target: str, cookie: str = "session=11112222aaaa", host: str = "shop.example") -> str:
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}"


def test_an_import_is_a_recording_that_accounts_for_all_it_saw(bring_in: Bring) -> None:
    done = bring_in(gor(get("/a"), get("/b"), "\x16\x03 no http", get("/c", cookie="session=22223333bbbb")))
    assert [(one.id, one.session, one.request.url) for one in done.exchanges] == [
        ("e000001", "s00001", "/a"), ("e000002", "s00001", "/b"), ("e000003", "s00002", "/c"),
    ]  # fmt: skip
    counts = done.recording.manifest.counts
    assert (counts.seen, counts.stored, counts.unaccounted, sum(counts.dropped.values())) == (5, 3, 0, 2)
    assert done.recording.manifest.closed
    assert done.recording.tears == ()
    assert done.recording.manifest.upstream == "http://shop.example"
    assert "(goreplay): 5 seen, 3 stored" in done.said[0]
    assert any("record 5 (byte" in line for line in done.told)


def test_times_count_from_the_first_exchange_and_the_anchor_says_when_that_was(bring_in: Bring) -> None:
    done = bring_in(gor(get("/a"), get("/b")))
    assert [one.started_s for one in done.exchanges] == [0.0, 1.0]
    assert done.recording.manifest.anchor.wall_s == 1_700_000_000.0


def test_what_is_secret_never_reaches_the_disk(bring_in: Bring, tmp_path: Path) -> None:
    done = bring_in(gor(get("/login?token=abcdef0123456789", cookie="session=topsecret123")))
    (one,) = done.exchanges
    kept = json.dumps([one.request.url, header(one.request.headers, "cookie")])
    assert "topsecret123" not in kept
    assert "abcdef0123456789" not in kept
    assert done.recording.manifest.redaction.key_fingerprint
    assert stat.S_IMODE((tmp_path / "a.rec").stat().st_mode) == 0o700


def test_one_key_gives_the_same_pseudonyms(bring_in: Bring, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")
    first = bring_in(gor(get("/a")), key_file=key)
    (tmp_path / "a.rec").rename(tmp_path / "first.rec")
    second = bring_in(gor(get("/a")), key_file=key)
    cookies = {header(done.exchanges[0].request.headers, "cookie") for done in (first, second)}
    assert len(cookies) == 1
    assert cookies != {"session=11112222aaaa"}


def test_a_torn_file_leaves_nothing_unless_it_is_asked_to(bring_in: Bring, tmp_path: Path) -> None:
    torn = gor(get("/a"), get("/b"))[:-40]
    with pytest.raises(UsageError, match=r"nothing was written; 1 exchanges stand before it: --keep-torn keeps them"):
        bring_in(torn)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
    done = bring_in(torn, keep_torn=True)
    assert len(done.exchanges) == 1
    assert done.told[0].startswith("torn: ")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b'{"log": {"entries": []}}', b'{"log": {"entries": [{}]}}', b"1 aa 1\n\x16"]
)
def test_what_holds_no_exchange_is_an_error_that_leaves_nothing(
    bring_in: Bring, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(UsageError, match="file"):
        bring_in(content)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_the_first_place_of_every_reason_is_told(bring_in: Bring) -> None:
    with pytest.raises(UsageError, match=r"holds no exchange: 1 x no HAR entry: .* \(first entry 1 \(byte 21\)\)"):
        bring_in(b'{"log": {"entries": [{}]}}')


def test_a_format_that_is_named_is_not_guessed(bring_in: Bring) -> None:
    with pytest.raises(UsageError, match="not JSON at byte 0"):
        bring_in(gor(get("/a")), form="har")


def test_several_hosts_are_said_and_one_can_be_kept(bring_in: Bring, tmp_path: Path) -> None:
    mixed = gor(get("/a"), get("/b", host="cdn.example:8080"), get("/c"))
    done = bring_in(mixed)
    assert any(line.startswith("2 hosts: shop.example (2), cdn.example (1)") for line in done.told)
    (tmp_path / "a.rec").rename(tmp_path / "b.rec")
    kept = bring_in(mixed, filter=Filter.parse(["host=cdn.example"]))
    assert [one.request.url for one in kept.exchanges] == ["/b"]
    assert kept.recording.manifest.counts.excluded == 2
    assert kept.recording.manifest.counts.unaccounted == 0
    assert kept.recording.manifest.upstream == "http://cdn.example:8080"


def test_a_filter_that_keeps_nothing_is_an_error(bring_in: Bring) -> None:
    with pytest.raises(UsageError, match="holds no exchange that --include and --exclude keep, of 1"):
        bring_in(gor(get("/a")), filter=Filter.parse(exclude=["/a"]))


def test_the_session_key_and_the_policy_are_those_of_capture(bring_in: Bring) -> None:
    users = [get("/a?plan=gold", cookie="none=1") + f"\r\nX-User: {name}" for name in ("ann", "bob", "ann")]
    rule, policy = Rule(key=SessionKey.parse("header:X-User")), policy_of(None, strict=True)
    done = bring_in(gor(*users), rule=rule, policy=policy)
    assert [one.session for one in done.exchanges] == ["s00001", "s00002", "s00001"]
    assert "gold" not in done.exchanges[0].request.url
    assert done.recording.manifest.session_rule == str(rule)


def test_an_import_can_be_sealed(bring_in: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "sealing"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("FORESHOCK_ENCRYPT_KEY", str(key))
    done = bring_in(gor(get("/only-here")), encrypt_key_file=key)
    assert [one.request.url for one in done.exchanges] == ["/only-here"]
    monkeypatch.delenv("FORESHOCK_ENCRYPT_KEY")
    with pytest.raises(UsageError, match="FORESHOCK_ENCRYPT_KEY"):
        Recording.open(tmp_path / "a.rec")


def test_the_upstream_is_what_the_user_says_or_nobodys(bring_in: Bring, tmp_path: Path) -> None:
    log = b'1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1 "-" "x"\n'
    assert bring_in(log).recording.manifest.upstream == UNKNOWN_UPSTREAM
    (tmp_path / "a.rec").rename(tmp_path / "b.rec")
    assert bring_in(log, upstream="https://shop.example").recording.manifest.upstream == "https://shop.example"


@pytest.mark.parametrize("upstream", ["", "shop", "ftp://shop.example", "https://shop.example/orders"])
def test_an_upstream_that_is_no_origin_is_refused(bring_in: Bring, tmp_path: Path, upstream: str) -> None:
    log = b'127.0.0.1 - - [10/Oct/2023:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    with pytest.raises(UsageError, match="upstream="):
        bring_in(log, upstream=upstream)


def test_a_recording_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.rec").mkdir()
    with pytest.raises(UsageError, match="already there"):
        run_import(Order(file=tmp_path / "x", out=tmp_path / "a.rec"), say=print, tell=print)


def test_a_failure_in_the_middle_leaves_nothing(
    bring_in: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing.RecordingWriter, "write", full)
    with pytest.raises(OSError, match="No space left"):
        bring_in(gor(get("/a")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_what_a_killed_import_left_is_cleared_away(bring_in: Bring, tmp_path: Path) -> None:
    (tmp_path / ".a.rec.importing").mkdir()
    (tmp_path / ".a.rec.importing" / "exchanges-00001.jsonl.zst").touch()
    assert len(bring_in(gor(get("/a"))).exchanges) == 1
    assert not (tmp_path / ".a.rec.importing").exists()


def test_paths_in_a_file_are_data_and_name_no_files(bring_in: Bring, tmp_path: Path) -> None:
    done = bring_in(gor(get("/../../etc/passwd"), get("/..%2f..%2fx")))
    assert [one.request.url for one in done.exchanges] == ["/../../etc/passwd", "/..%2f..%2fx"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.rec", "file"]
