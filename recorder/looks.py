"""Whether a path segment is an id by its look: nobody would have written it into a router."""

import re
from functools import lru_cache
from urllib.parse import unquote

_WORD_CHARS = 100  # nobody writes a longer one into a router
_ESCAPED_CHARS = 9 * _WORD_CHARS  # of so many, each as long in UTF-8 as any of Asia's
_HASH_CHARS = 32  # of letters alone that a hash has at least

_SURELY_AN_ID = re.compile(
    r"""
      -?\d[\d:-]*                                             # 17, 2024-05-01
    | \d{4}-\d\d-\d\d[t_ ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?
    | -?\d+(?:\.\d+)?(?:,-?\d+(?:\.\d+)?)+                   # 1,2,3 and 48.2,16.37
    | \d{1,3}(?:\.\d{1,3}){3}                               # an IP address
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
    | (?=[0-9a-f]*\d)[0-9a-f]{8,}                             # a hash, or a piece of one
    | [0-9a-f]{32,}
    | [0-7][0-9a-hjkmnp-tv-z]{25}                             # ULID
    | [^@]+@(?!\dx\.)[^@.]+\.[^@]+                                     # an e-mail address, not logo@2x.png
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MIXED = re.compile(
    r"""
      [a-z]+[-_:]\d+                                          # sku-7
    | (?![a-z]+\d{1,3}$)(?=(?:\D*\d){3})[a-z0-9_.:~-]*[a-z][a-z0-9_.:~-]*   # ord_8f3k2l9: three digits, but not sha256
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Digits in these are part of a word that somebody chose.
_TERM = re.compile(
    r"""(?<![a-z0-9])(?:
      v\d+(?:[._p]\d+)*(?:[-._]?(?:alpha|beta|rc|dev|preview|pre)[-.]?\d*)*   # v1.2, v1p1beta1, v20240501
    | (?<=[a-z][-_.@])\d+\.\d+(?:\.\d+)*                     # jquery-3.7.1.min.js
    | (?:x86[-_]64|arm64v8|armv\d|amd64|arm64|x86|x64|win32|win64|i[36]86)
    | (?:utf|sha|md|iso|aes|rsa|rfc|ecma|base|ipv|http|tls|oauth|h|mp|x|es|cp|windows|top|web)[-_]?\d{1,5}(?:-\d{1,2})?
    | (?<=[a-z][-_.])\d+x\d+                                  # icon-192x192.png
    )(?![a-z0-9])""",
    re.VERBOSE | re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,}={0,2}")
_CHANGES = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")
_CHANGES_OF_A_TOKEN = 0.45  # a share of its places; of random base62 0.62, of camelCase words 0.3


def looks_like_an_id(segment: str) -> bool:
    """Whether a path segment is an id by its look alone. Versions ('v1', 'v2.1') and words are not."""
    return _looks(segment) if len(segment) <= _ESCAPED_CHARS else len(unquote(segment)) > _WORD_CHARS


@lru_cache(maxsize=1 << 14)
def _looks(segment: str) -> bool:
    text = unquote(segment) if "%" in segment else segment
    if len(text) > _WORD_CHARS:
        return True
    if text.isalpha() and text.islower() and len(text) < _HASH_CHARS:
        return False  # a word: most segments are
    if _SURELY_AN_ID.fullmatch(text):
        return True
    return _MIXED.fullmatch(_TERM.sub("", text)) is not None or _is_token(text)


def _is_token(text: str) -> bool:
    """Whether lower case, upper case and digits alternate as they do in what no one has to read: dQw4w9WgXcQ."""
    if not _TOKEN.fullmatch(text) or not re.search(r"\d", text):
        return False
    return len(_CHANGES.findall(text)) >= _CHANGES_OF_A_TOKEN * (len(text) - 1)
