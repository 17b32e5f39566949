"""Which headers of an answer matter, and why the others are not looked at.

What stands in neither table is the application's own (X-Total-Count, X-Next-Page) and is compared: if it is noise, a
calm pair shows that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from replayer.headertext import Headers
from replayer.urltext import pairs as query_pairs
from replayer.urltext import segments, unescape

# These say what the answer is, or what a client does with it.
MATTER: Mapping[str, str] = {
    "content-type": "how the body is read",
    "content-encoding": "how the body is read",
    "content-language": "which of several bodies it is",
    "content-disposition": "whether it is shown or saved, and under which name",
    "content-range": "which part of the body it is",
    "location": "where the client goes next; compared by path and query, host apart",
    "etag": "what the client sends back as If-Match",
    "last-modified": "what the client sends back as If-Modified-Since",
    "cache-control": "what is kept, by whom, for how long",
    "expires": "how long it is kept",
    "vary": "for whom it is kept",
    "allow": "what may be done",
    "accept-patch": "what may be done",
    "www-authenticate": "how to log in",
    "retry-after": "when to come again",
    "link": "where the next page is",
    "set-cookie": "what the client sends from now on; compared by cookie",
    "access-control-allow-origin": "what a browser allows",
    "access-control-allow-credentials": "what a browser allows",
    "access-control-allow-methods": "what a browser allows",
    "access-control-allow-headers": "what a browser allows",
    "content-security-policy": "what a browser allows",
    "strict-transport-security": "what a browser allows",
    "x-frame-options": "what a browser allows",
    "x-content-type-options": "what a browser allows",
}
# These say how the answer came, by whom and when.
IGNORED: Mapping[str, str] = {
    "age": "how long a cache had it",
    "alt-svc": "another way to the same server",
    "cf-cache-status": "a proxy's own",
    "cf-ray": "a proxy's own",
    "connection": "of one connection (RFC 9110, 7.6.1)",
    "content-length": "the body itself is compared",
    "date": "when it was answered",
    "keep-alive": "of one connection",
    "nel": "where browsers report to",
    "proxy-authenticate": "of one connection",
    "proxy-connection": "of one connection",
    "report-to": "where browsers report to",
    "server": "the server's name and version",
    "server-timing": "how long it took",
    "te": "of one connection",
    "trailer": "how the body was sent",
    "transfer-encoding": "how the body was sent",
    "upgrade": "of one connection",
    "via": "which proxies it went through",
    "x-cache": "a proxy's own",
    "x-powered-by": "the server's name and version",
    "x-response-time": "how long it took",
    "x-runtime": "how long it took",
    "x-served-by": "which of several machines it was",
}
_TOKENS = frozenset({"content-type", "content-encoding", "vary", "allow", "accept-patch"})  # of any case and spacing


@lru_cache(maxsize=1024)
def _wanted(name: str) -> str | None:
    lower = name.lower()
    return None if lower in IGNORED else lower


def same_headers(was: Headers, now: Headers) -> bool:
    """Whether nothing that matters differs, as far as that is seen at once: the same headers in the same order."""
    if len(was) != len(now):
        return False
    return all(
        one == other or (one[0] == other[0] and _wanted(one[0]) is None) for one, other in zip(was, now, strict=True)
    )


def header_values(headers: Headers) -> dict[str, str]:
    """What matters in an answer's headers, by its place's text ('header:etag', 'cookie:sid'), in the order it came.

    A header that came several times is one value, as a list (RFC 9110, 5.3).
    """
    found: dict[str, str] = {}
    for name, value in headers:
        wanted = _wanted(name)
        if wanted is None:
            continue
        if wanted == "location":
            found.update(_location(value))
        elif wanted == "set-cookie":
            found.update(_cookie(value))
        else:
            key = f"header:{wanted}"
            text = _normal(value) if wanted in _TOKENS else value
            found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _normal(value: str) -> str:
    """A list of tokens as every one writes it: 'text/html; charset=utf-8'."""
    return "; ".join(part.strip().lower() for part in value.replace('"', "").split(";") if part.strip())


def _location(url: str) -> Iterator[tuple[str, str]]:
    """Host, path segments and query of a redirect: each may be noise alone."""
    spans = segments(url)
    end = spans[0].start - 1 if spans else len(url)
    yield "header:location", url[:end]
    for nth, span in enumerate(spans):
        yield f"path:{nth}", unescape(url[span.start : span.end])
    query = url.partition("#")[0].partition("?")[2]
    for pair in query_pairs(query):
        yield f"query:{pair.name}", unescape(query[pair.start : pair.end], plus=True)


def _cookie(value: str) -> Iterator[tuple[str, str]]:
    """A cookie's value, and apart from it what it is good for; when exactly it expires is not, Max-Age is."""
    pair, *attributes = value.split(";")
    name, _, text = pair.partition("=")
    kept = (part.strip() for part in attributes)
    told = sorted("expires" if part.lower().startswith("expires") else part.lower() for part in kept if part)
    yield f"cookie:{name.strip()}", text.strip()
    yield f"cookie:{name.strip()};", "; ".join(told)
