"""The scenario's words for whose requests are sent: users that staging has, what stands for production's values, auth.

Places are written as `replayer.filling.spots` has them: 'json:$.user', or 'POST /login json:$.user' of one route.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

_Text = Annotated[str, Meta(min_length=1, description="text (in quotes where YAML would read something else)")]
_Spot = Annotated[
    str, Meta(min_length=1, description="a place of requests such as 'json:$.user' or 'POST /login form:user'")
]
_Spots = Annotated[tuple[_Spot, ...], Meta(min_length=1, description="a list of places of requests")]
_Variable = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="the name of an environment variable, such as STAGING_TOKEN (never the secret itself)",
    ),
]
_Path = Annotated[str, Meta(pattern=r"^/", description="a path such as '/login'")]
_Function = Annotated[str, Meta(pattern=r"^.+\.py:\w+$", description="a file and a function such as 'sign.py:sign'")]
_Row = dict[str, Annotated[str, Meta(description="text (in quotes where YAML would read something else)")]]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Query(_Struct, frozen=True):
    """What a SELECT reads from a SQLite file, opened read-only."""

    database: _Text
    query: _Text


class Identities(_Struct, frozen=True):
    """Users that staging has, dealt to the recorded ones: each gets one row, wherever the places of `into` are.

    `file` is a CSV file with a head, or a YAML list of mappings. `who` says where a recorded user's name stands; a
    session that never says it is a user of its own. A clone is one too.
    """

    file: _Text
    into: dict[str, _Spots]
    who: _Spots | None = None


class MapEntry(_Struct, frozen=True):
    """What stands at the places, where nothing is bound: what the file or the query has for it, or `value` always.

    `file` is a CSV file of two columns (recorded, staging) with a head, or a YAML mapping; `sql` reads two columns.
    """

    at: _Spots
    file: _Text | None = None
    sql: Query | None = None
    value: _Text | None = None

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.file, self.sql, self.value)) != 1:
            raise ValueError("expected exactly one of 'file', 'sql' and 'value'")


class Basic(_Struct, frozen=True):
    """The environment variables that hold user and password."""

    user: _Variable
    password: _Variable


class LoginRequest(_Struct, frozen=True):
    """A POST that logs a session in, before its first request with a credential that no answer of the recording gave.

    What its answer says at `take` goes `into` those requests, in `wrap`. Without `take` only its cookies count.
    """

    post: _Path
    headers: _Row = {}
    json: dict[str, Any] | None = None
    form: _Row | None = None
    take: _Text | None = None
    into: _Spot = "header:Authorization"
    wrap: Annotated[str, Meta(pattern=r"^[^{}]*\{\}[^{}]*$", description="text with '{}' where the value stands")] = (
        "Bearer {}"
    )

    def __post_init__(self) -> None:
        if self.json is not None and self.form is not None:
            raise ValueError("expected at most one of 'json' and 'form'")


class Auth(_Struct, frozen=True):
    """Who requests that carried a credential are from now. Requests recorded as refused go as they are.

    `sign` is a Python function (method, target, headers, body) that gives the headers of every request's signature.
    """

    bearer: _Variable | None = None
    basic: Basic | None = None
    login: LoginRequest | None = None
    sign: _Function | None = None

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.bearer, self.basic, self.login)) > 1:
            raise ValueError("expected at most one of 'bearer', 'basic' and 'login'")
        if (self.bearer or self.basic or self.login or self.sign) is None:
            raise ValueError("expected one of 'bearer', 'basic', 'login' and 'sign'")
