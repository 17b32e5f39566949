"""What browsers do: pages with forms, cookies, redirects, log-ins; and what keeps two writers apart."""

from __future__ import annotations

import random
from typing import Any

URLENCODED = ("Content-Type", "application/x-www-form-urlencoded")


def forms(w: Any, c: random.Random, talk: Any) -> Any:
    """Each page has a token of its own in hidden fields, and more than one form."""
    sid = w.token(26)
    page = _page(w.token(40), "/login", w.token(40), "/search")
    yield talk("GET /login", html=page.text, answered=(("Set-Cookie", f"sid={sid}; Path=/; HttpOnly"),))
    cookie = ("Cookie", f"sid={sid}; theme=dark")
    body = f"csrf_token={page.first}&user=u7&remember=1"
    logged_in = w.token(26)
    answered = (("Location", "/home"), ("Set-Cookie", f"sid={logged_in}; Path=/; HttpOnly"))
    yield talk("POST /login", form=body, headers=(URLENCODED, cookie), answered=answered, status=302)
    cookie = ("Cookie", f"theme=dark; sid={logged_in}")
    for _ in range(3):
        page = _page(w.token(40), "/search", w.token(40), "/tickets")
        yield talk("GET /tickets/new", html=page.text, headers=(cookie,))
        ticket, seats = w.next("ticket"), c.randrange(1, 9)
        body = f"authenticity_token={page.second}&seats={seats}&row={c.randrange(1, 9)}&on=2024-05-01"
        answered = (("Location", f"/tickets/{ticket}"),)
        yield talk("POST /tickets", form=body, headers=(URLENCODED, cookie), answered=answered, status=302)
        meta = w.token(32)
        html = f'<html><head><meta name="csrf-token" content="{meta}"></head><p>Seats: {seats}</p></html>'
        yield talk(f"GET /tickets/{ticket}", html=html, headers=(cookie,))
        body = {"note": f"row {seats}", "seats": seats}
        yield talk(f"POST /tickets/{ticket}/notes", {"ok": 1}, body=body, headers=(cookie, ("X-CSRF-Token", meta)))
        boundary = "----b7MA4YWxkTrZu0gW"
        fields = {"token": meta, "ticket_id": ticket, "seats": seats}
        parts = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        kind = ("Content-Type", f"multipart/form-data; boundary={boundary}")
        yield talk("POST /attachments", {"ok": 1}, form=f"{parts}--{boundary}--\r\n", headers=(kind, cookie))


class _page:
    """Two forms; their tokens stand in fields of different names."""

    def __init__(self, first: str, action: str, second: str, other: str) -> None:
        self.first, self.second = first, second
        self.text = (
            f"<!doctype html><html><body><form action='{action}' method=post>"
            f'<input type="hidden" name="csrf_token" value="{first}"><input name=user></form>'
            f"<form action='{other}' method=post><input type=hidden name=authenticity_token value='{second}'>"
            f"<input type=hidden name=csrf_token value='{second[::-1]}'></form></body></html>"
        )


def tokens(w: Any, c: random.Random, talk: Any) -> Any:
    """Bearer tokens that are renewed, a token that a cookie and a header both hold."""
    access, refresh, xsrf = w.jwt("u"), w.token(40), w.token(20)
    said = {"access_token": access, "refresh_token": refresh, "expires_in": 300, "token_type": "Bearer"}
    yield talk("POST /oauth/token", said, body={"user": "u", "grant_type": "password", "scope": "all"})
    yield talk("GET /session", {"ok": True}, answered=(("Set-Cookie", f"XSRF-TOKEN={xsrf}; Path=/"),))
    for _ in range(3):
        headers = (
            ("Authorization", f"Bearer {access}"),
            ("Idempotency-Key", f"{c.getrandbits(64):016x}"),
            ("Cookie", f"XSRF-TOKEN={xsrf}"),
            ("X-XSRF-TOKEN", xsrf),
        )
        yield talk("POST /things", {"scope": "all", "page": 300}, body={"ttl": 300}, headers=headers)
        access, before = w.jwt("u"), refresh
        refresh = w.token(40)
        said = {"access_token": access, "refresh_token": refresh, "expires_in": 300, "token_type": "Bearer"}
        yield talk("POST /oauth/token", said, body={"refresh_token": before, "grant_type": "refresh_token"})
    yield talk(
        "GET /me", {"name": "u"}, headers=(("Authorization", f"Bearer {access}"), ("X-Api-Key", "k-123456789abc"))
    )


def versions(w: Any, c: random.Random, talk: Any) -> Any:
    """Documents that two write: what they send back is the state they last read of that document."""
    yield talk("GET /health", {"status": "ok", "version": "1", "revision": 1, "build": 1})
    start = w.next("version-start") % 7 if w.seed else 1
    docs = []
    for _ in range(3):
        doc, version, etag = w.next("doc"), start + len(docs) * (3 if w.seed else 0), f'W/"{w.hex(8)}"'
        said = {"id": doc, "version": version, "title": "T", "size": 1}
        yield talk("POST /docs", said, body={"title": "T", "schema_version": 1}, answered=(("ETag", etag),), status=201)
        docs.append((doc, version, etag))
    for _ in range(6):
        nth = c.randrange(3)
        doc, version, etag = docs[nth]
        if c.random() < 0.5:
            new = f'"{version + 1}"' if c.random() < 0.5 else f'W/"{w.hex(8)}"'
            said = {"id": doc, "version": version + 1, "size": 1}
            body = {"title": "U", "size": 1, "schema_version": 1}
            headers = (("If-Match", etag), ("X-Api-Version", "1"))
            yield talk(f"PUT /docs/{doc}", said, body=body, headers=headers, answered=(("ETag", new),))
            docs[nth] = (doc, version + 1, new)
        else:
            body = {"docId": doc, "version": version, "size": 1, "revision": 1}
            yield talk("POST /docs/save", {"docId": doc, "version": version + 1}, body=body)
            docs[nth] = (doc, version + 1, etag)
        yield talk(f"GET /docs/{doc}", {"id": doc, "version": docs[nth][1]}, answered=(("ETag", docs[nth][2]),))


STYLES = (forms, tokens, versions)
