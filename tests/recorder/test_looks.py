"""Hostile sets of path segments: what people put into URLs, by whether it's fixed or a value."""

import pytest

from recorder.looks import looks_like_an_id

IDS = """
0 7 -3 000123 4294967296 99999999999999999999999999
2024-05-01 20240501 2024-05-01T10:30:00Z 2024-05-01T10:30:00+02:00 2024-05-01T10%3A30%3A00Z 1714521600 1714521600.5,2
0b5c1f9e-8d0a-4d9b-9a55-0d4b8a3b6c11 0B5C1F9E-8D0A-4D9B-9A55-0D4B8A3B6C11 0b5c1f9e8d0a4d9b9a550d4b8a3b6c11
01ARZ3NDEKTSV4RRFFQ69G5FAV 01h455vb4pex5vsknk084sn02q
9f86d081884c7d65 da39a3ee5e6b4b0d3255bfef95601890afd80709 abcdefabcdefabcdefabcdefabcdefab
507f1f77bcf86cd799439011 3f9c2b1a
ord_8f3k2l9 sku-7 cus_9s6XKzkNRiz8i3 user:42 a1b2c3 user1234 PRJ-1042 INV2024000117 dQw4w9WgXcQ V1StGXR8_Z5jdHi6B-myT
ada@example.org ada%40mail.example.org 10.0.0.1 48.2082,16.3738 1,2,3 blog-2024-05-release report-20240501.pdf
"""

WORDS = """
orders payment-methods __reset search me self latest current _health .well-known robots.txt favicon.ico index.html
v1 v2.1 v1.2.3 v1beta1 v1p1beta1 v2alpha3 v20240501 V3 api-v2 oauth2 oauth2-v1.0 openid-connect
deadbeef decade facade feedback cafe added effaced sha256 sha-256 md5 utf-8 iso-8859-1 aes-256 base64 x509
i18n l10n k8s s3
2fa 3ds mp3 h264 ipv6 http2 web3 log4j e2e b2b linux-x86_64 win32-x64 arm64v8 armv7
jquery-3.7.1.min.js bootstrap-5.3.2.css icon-192x192.png apple-touch-icon-180x180.png logo@2x.png
en-US zh-Hans-CN getUserById listObjectsV2 GetItemV2 camelCaseWithManyWords HTTPServer ALLCAPS {x} - _ ~ ...
café %E6%97%A5%E6%9C%AC internationalisation
"""


@pytest.mark.parametrize("segment", IDS.split())
def test_values_are_told_by_their_look(segment: str) -> None:
    assert looks_like_an_id(segment)


@pytest.mark.parametrize("segment", ["", *WORDS.split()])
def test_fixed_words_are_never_taken_for_ids(segment: str) -> None:
    assert not looks_like_an_id(segment)


def test_a_segment_that_nobody_would_write_into_a_router_is_an_id() -> None:
    assert looks_like_an_id("a" * 101)
    assert looks_like_an_id("%F0%9F%98%80" * 101)


@pytest.mark.parametrize("segment", ["1-" * 500_000 + "x", "a1" * 500_000, "-" * 1_000_000, "a." * 50, "1." * 49 + "x"])
def test_a_hostile_segment_takes_no_time(segment: str) -> None:
    looks_like_an_id(segment)  # pytest's timeout is the claim
