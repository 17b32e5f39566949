"""What is redacted: the names of headers and fields whose values never reach a disk as they were."""

import msgspec

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


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording was redacted. The key is nowhere in it; its fingerprint says whether two recordings share one."""

    policy: Policy = Policy()
    key_fingerprint: str = ""  # '' when nothing was redacted
