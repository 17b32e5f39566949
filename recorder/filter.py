"""Which exchanges are kept at all: `--include` and `--exclude`, by method, path, host and status."""

import re
from collections.abc import Sequence

import msgspec

from recorder.exchange import Exchange, header

_METHOD = re.compile(r"[A-Z]+(,[A-Z]+)*")
_STATUS = re.compile(r"status=([1-5](?:\d\d|xx))")
_WANTED = "expected METHOD, /PATH, host=HOST and status=404 or 5xx, any of them, such as 'POST /orders*'"


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """All that is given must fit. In paths and hosts `*` stands for anything, `{x}` for one segment of a path."""

    text: str
    methods: frozenset[str] = frozenset()
    path: re.Pattern[str] | None = None  # without the query
    host: re.Pattern[str] | None = None  # without the port
    status: str = ""  # '404' or '5xx'

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Raises ValueError naming what is allowed."""
        methods: frozenset[str] = frozenset()
        path = host = None
        status = ""
        for part in text.split():
            if part.startswith("/"):
                path = _glob(part, re.ASCII)
            elif part.startswith("host=") and len(part) > 5:
                host = _glob(part[5:], re.IGNORECASE)
            elif match := _STATUS.fullmatch(part.lower()):
                status = match[1]
            elif _METHOD.fullmatch(part):
                methods = frozenset(part.split(","))
            else:
                raise ValueError(f"{_WANTED}; got {part!r} in {text!r}")
        if not (methods or path or host or status):
            raise ValueError(f"{_WANTED}; got {text!r}")
        return cls(text=text, methods=methods, path=path, host=host, status=status)

    def fits(self, exchange: Exchange) -> bool:
        request = exchange.request
        if self.methods and request.method not in self.methods:
            return False
        if self.path and not self.path.fullmatch(request.url.partition("?")[0]):
            return False
        if self.host and not self.host.fullmatch(_host(exchange)):
            return False
        return not self.status or self.status in _statuses(exchange)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Kept is what any of `include` fits (everything, if there is none) and none of `exclude`."""

    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()

    @classmethod
    def parse(cls, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> "Filter":
        """Raises ValueError naming what is allowed."""
        return cls(include=tuple(map(Pattern.parse, include)), exclude=tuple(map(Pattern.parse, exclude)))

    def keeps(self, exchange: Exchange) -> bool:
        if self.include and not any(pattern.fits(exchange) for pattern in self.include):
            return False
        return not any(pattern.fits(exchange) for pattern in self.exclude)

    @property
    def said(self) -> dict[str, str]:
        """What the manifest says of it."""
        told = {"include": self.include, "exclude": self.exclude}
        return {name: " | ".join(one.text for one in patterns) for name, patterns in told.items() if patterns}


def _glob(text: str, flags: re.RegexFlag) -> re.Pattern[str]:
    pieces = re.split(r"(\*|\{[^/{}]*\})", text)
    shape = {"*": ".*"}
    return re.compile("".join(shape.get(one, "[^/]+" if one[:1] == "{" else re.escape(one)) for one in pieces), flags)


def _host(exchange: Exchange) -> str:
    """The name without port; of IPv6 in its brackets."""
    host = header(exchange.request.headers, "host") or ""
    return host if host.endswith("]") else re.sub(r":\d*$", "", host)


def _statuses(exchange: Exchange) -> tuple[str, ...]:
    if exchange.response is None:
        return ()
    status = str(exchange.response.status)
    return status, f"{status[0]}xx"
