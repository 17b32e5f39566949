"""What is redacted: names of headers and fields whose values never reach a disk as they were, and rules by place."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal

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
    "apikey",
    "access key",
    "secret key",
    "private key",
    "session id",
    "session key",
    "sessionid",
    "jsessionid",
    "phpsessid",
    "sessid",
    "authorization",
    "credentials",
    "otp",
    "pin",
    "card",
    "card number",
    "cvv",
    "cvc",
    "iban",
    "ssn",
    "social security number",
    "national id",
    "tax id",
    "passport number",
    "email",
    "e mail",
    "email address",
    "phone",
    "phone number",
    "mobile",
    "telephone",
)

_PERSONAL = (
    "sid",
    "first name",
    "firstname",
    "last name",
    "lastname",
    "full name",
    "fullname",
    "given name",
    "family name",
    "middle name",
    "maiden name",
    "surname",
    "customer name",
    "contact name",
    "person name",
    "recipient name",
    "billing name",
    "shipping name",
    "holder name",
    "cardholder",
    "account holder",
    "patient name",
    "guest name",
    "passenger name",
    "employee name",
    "address",
    "address line",
    "address line 1",
    "address line 2",
    "street",
    "street name",
    "birth date",
    "birthdate",
    "birthday",
    "date of birth",
    "dob",
    "postal code",
    "zip code",
    "postcode",
    "zip",
)

ActionName = Literal["keep", "drop", "pseudonymise", "hash", "replace"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done at a place ('json:$.user.name', 'header:X-Foo', 'query:q', 'path:2', 'cookie:sid', 'form:x').

    `routes` ('POST /users/{id}') bind it to them; none means all. `to` is what 'replace' puts there.
    """

    place: str
    action: ActionName
    to: str | int | float | bool | None = None
    routes: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Header names compare case-insensitively. Field names are words: 'api key' is meant by `api_key`, `apiKey` and
    `stripe-api-key`, 'card' by `card` and `creditCard`, not by `discard`. They hold for JSON at any depth (`fields` for
    all that is below one, `personal` for its own values), for forms, queries, headers and texts. Values of a private
    kind (an e-mail address, a card number) are redacted under any name, unless `kept_kinds` has the kind. The first
    rule that fits a place decides it before all of these. `strict` redacts all that no rule keeps."""

    headers: tuple[str, ...] = _HEADERS
    fields: tuple[str, ...] = _FIELDS
    personal: tuple[str, ...] = _PERSONAL
    kept_kinds: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    strict: bool = False


def names_of(policy: Policy) -> Callable[[str], bool]:
    """Tells whether a field's name ends in the words of one of the policy's `fields`."""
    return ends_in(policy.fields)


def ends_in(names: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a field's name ends in the words of one of `names`."""
    named = frozenset(tuple(name.lower().split()) for name in names)
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
