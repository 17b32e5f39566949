import hashlib
import hmac

import pytest

from recorder.body import BodyTap, Cap
from recorder.exchange import Content

CAP = Cap(10, b"a key of the recording")


@pytest.mark.parametrize(
    "chunks", [[], [b""], [b"abc"], [b"12345", b"67890"], ["Zoë".encode()[:3], "Zoë".encode()[3:]]]
)
def test_a_body_within_the_cap_is_kept_whole(chunks: list[bytes]) -> None:
    tap = BodyTap(CAP)
    assert [tap(chunk) for chunk in chunks] == chunks
    assert tap.content() == Content.of(b"".join(chunks)) == CAP.content_of(b"".join(chunks))


@pytest.mark.parametrize("chunks", [[b"12345678901"], [b"1234567890", b"1"], [b"123456", b"", b"78901"]])
def test_of_a_body_beyond_the_cap_size_and_digest_are_kept_however_it_was_cut(chunks: list[bytes]) -> None:
    tap = BodyTap(CAP)
    for chunk in chunks:
        tap(chunk)
    content = tap.content()
    assert (content.size, content.text, content.encoding) == (11, "", None)
    assert content == CAP.content_of(b"12345678901")
    assert content.digest is not None
    assert len(content.digest) == 64


def test_the_digest_tells_equal_bodies_and_gives_nobody_without_the_key_a_guess_to_try() -> None:
    body = b"password=123456"
    digest = CAP.content_of(body).digest
    assert digest == Cap(10, b"a key of the recording").content_of(body).digest
    assert digest != Cap(10, b"another key").content_of(body).digest
    plain = {hashlib.sha256(body).hexdigest(), hmac.digest(b"a key of the recording", body, "sha256").hex()}
    assert digest not in plain
