"""What is redacted: the names of headers and fields whose values never reach a disk as they were."""

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_HEADERS = (
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "x-access-token",
    "x-session-token",
    "x-amz-security-token",
    "x-csrf-token",
    "x-xsrf-token",
)

_FIELDS = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "password confirmation",
    "secret",
    "token",
    "jwt",
    "api key",
    "private key",
    "session id",
    "authorization",
    "otp",
    "pin",
    "card",
    "card number",
    "cvv",
    "cvc",
    "iban",
    "ssn",
    "email",
    "e mail",
    "phone",
    "phone number",
)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Header names compare case-insensitively. Field names are words: 'api key' is meant by `api_key`, `apiKey` and
    `stripe-api-key`, 'card' by `card` and `creditCard`, not by `discard`. They hold for JSON at any depth (all that is
    below a named field), for forms and for queries. Values that are an e-mail address are redacted under any name."""

    headers: tuple[str, ...] = _HEADERS
    fields: tuple[str, ...] = _FIELDS


def names_of(policy: Policy) -> Callable[[str], bool]:
    """Tells whether a field's name ends in the words of one that the policy names."""
    named = frozenset(tuple(name.lower().split()) for name in policy.fields)
    longest = max((len(words) for words in named), default=0)

    @lru_cache(4096)
    def is_named(name: str) -> bool:
        words = tuple(word.lower() for word in _WORD.findall(name))
        return any(words[-count:] in named for count in range(1, longest + 1))

    return is_named


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording was redacted. The key is nowhere in it; its fingerprint says whether two recordings share one."""

    policy: Policy = Policy()
    key_fingerprint: str = ""  # '' when nothing was redacted
