"""How requests are filled when they are sent, as data: any process can make the same filler of it."""

from __future__ import annotations

import msgspec


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class Spot(_Data, frozen=True):
    """A place of requests: of one route ('POST /login'), or of all where that is ''."""

    place: str
    route: str = ""


class Users(_Data, frozen=True):
    """The pool of users that the target has: `rows` of as many texts as `spots` has entries.

    A recorded user gets one row; what stands at `spots[n]` of its requests becomes the row's text n. Who a session's
    user is stands at the spots of `who`; a session that never says it is a user of its own.
    """

    rows: tuple[tuple[str, ...], ...]
    spots: tuple[tuple[Spot, ...], ...]
    who: tuple[Spot, ...] = ()


class Mapped(_Data, frozen=True):
    """What stands at a spot, and is not bound, becomes what `values` have for it; `always` whatever it was."""

    spots: tuple[Spot, ...]
    values: dict[str, str] = {}
    always: str | None = None


class Static(_Data, frozen=True):
    """A credential for requests that were recorded with one, as `header` says it: 'Authorization', 'Bearer ...'."""

    header: str
    value: str


class Signing(_Data, frozen=True):
    """A function of the user's: `name` in the Python file `path` takes method, target, headers and body, and gives the
    headers that sign the request."""

    path: str
    name: str


class Login(_Data, frozen=True):
    """A request that logs a session in before its first request with a credential that no answer gave.

    Those carry, at `into`, what its answer says at `at`, in `wrap`. Without `at` its cookies are all there is.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    at: str = ""
    into: str = "header:Authorization"
    wrap: str = "Bearer {}"


class Shift(_Data, frozen=True):
    """Dates are shifted: what began at Unix time `recorded_s` begins at `now_s`, and goes `speed` times as fast."""

    recorded_s: float = 0.0
    now_s: float = 0.0
    speed: float = 1.0


class Filling(_Data, frozen=True):
    """What a filler does besides the bindings. Secrets in it are for the wire alone: it is written nowhere."""

    jar: bool = True
    users: Users | None = None
    mapped: tuple[Mapped, ...] = ()
    static: Static | None = None
    signing: Signing | None = None
    login: Login | None = None
    shift: Shift | None = None
    horizon_steps: int = 100_000

    def beginning(self, now_s: float) -> Filling:
        """The same for a replay that begins at Unix time `now_s`: by then it is known how far dates are shifted."""
        return (
            msgspec.structs.replace(self, shift=msgspec.structs.replace(self.shift, now_s=now_s))
            if self.shift
            else self
        )

    @classmethod
    def decoded(cls, data: bytes) -> Filling:
        """What `encoded` was given, in another process. Raises msgspec.DecodeError."""
        return msgspec.msgpack.decode(data, type=cls)

    def encoded(self) -> bytes:
        return msgspec.msgpack.encode(self)


class Filled(_Data, frozen=True):
    """What a filler did, counted: values that it wrote, and what it could not do."""

    cookies: int = 0
    cookies_withheld: int = 0  # Secure, and the target is neither TLS nor loopback
    jars_forgotten: int = 0  # of sessions that were silent longest
    users: int = 0  # recorded users that were dealt a row
    users_shared: int = 0  # of them, with a row that another has too: the pool is too small
    identities: int = 0
    mapped: int = 0
    unmapped: int = 0  # values at mapped spots that the map has not got: sent as recorded
    credentials: int = 0
    signed: int = 0
    dates: int = 0
