"""Pages after pages, uploads to signed addresses, catalogues, and services that only say what they were told."""

from __future__ import annotations

import random
from typing import Any

CATALOGUE = ("Green Tea", "Oolong 2024", "Size-42 Shoe", "iPhone 15 Pro", "Mug", "H264 Player")
OPTIONS = ["size-42-blue", "size-43-red", "plan-2024-basic", "utf-8", "1920x1080", "GBP", "2024-05-01", "level3"]


def cursors(w: Any, c: random.Random, talk: Any) -> Any:
    """Numbered pages are the client's, cursors are the server's."""
    cursor = w.token(18)
    yield talk("GET /events?limit=3", {"events": [{"seq": 3}], "next_cursor": cursor, "limit": 3})
    for _ in range(3):
        target = f"/events?limit=3&cursor={cursor}"
        cursor = w.token(18)
        yield talk(f"GET {target}", {"events": [{"seq": 3}], "next_cursor": cursor, "limit": 3, "remaining": 2})
    page = w.next("page-token") + 40
    yield talk("GET /logs?page=1", {"logs": [], "nextPageToken": str(page), "page": 1, "pages": 3})
    yield talk(f"GET /logs?pageToken={page}&page=2", {"logs": [], "page": 2, "pages": 3})
    mark = w.token(12)
    link = f'<https://api.test/items?after={mark}&per_page=3>; rel="next", <https://api.test/items>; rel="first"'
    yield talk("GET /items?per_page=3", [{"n": 1}], answered=(("Link", link),))
    yield talk(f"GET /items?after={mark}&per_page=3", [{"n": 2}])
    following = f"/feed?before={w.now()}000&n=3"
    yield talk("GET /feed?n=3", {"items": [], "next": f"https://api.test{following}"})
    yield talk(f"GET {following}", {"items": [], "next": None})


def uploads(w: Any, c: random.Random, talk: Any) -> Any:
    """An upload goes to a signed address; what it answered is told when it is complete."""
    for _ in range(2):
        upload = w.uuid()
        said, urls = {"upload_id": upload, "part_size": 5, "parts": []}, []
        for part in (1, 2):
            query = f"X-Amz-Expires=300&X-Amz-Signature={w.hex(64)}&partNumber={part}&uploadId={upload}"
            urls.append(f"/bucket/{w.hex(20)}/cat.jpg?{query}")
            said["parts"].append({"part": part, "url": f"https://storage.test{urls[-1]}"})
        yield talk("POST /uploads", said, body={"name": "cat.jpg", "part_size": 5, "parts": 2}, status=201)
        tags = []
        for url in urls:
            tags.append(f'"{w.hex(32)}"')
            yield talk(f"PUT {url}", answered=(("ETag", tags[-1]),), headers=(("x-part", "1"),))
        body = {"parts": [{"etag": tag, "part": part} for part, tag in enumerate(tags, 1)], "size": 5}
        yield talk(f"POST /uploads/{upload}/complete", {"ok": True}, body=body)


def catalogue(w: Any, c: random.Random, talk: Any) -> Any:
    """Things that were there before, listed in whatever order: the client knows them by their names."""
    fixed = [
        {"id": number, "name": name, "price_cents": 1_000_000 + number} for number, name in enumerate(CATALOGUE, 1)
    ]
    made = w.kept.setdefault("variants", [{"id": w.uuid(), "name": name, "stock": 3} for name in CATALOGUE])
    yield talk("GET /products", {"products": w.shuffled(fixed), "total": len(fixed), "facets": w.shuffled(OPTIONS)})
    yield talk("GET /variants?page=1", w.shuffled(made))
    cart = w.next("cart")
    yield talk("POST /carts", {"cart": {"id": cart, "lines": 0}}, body={"currency": "EUR"}, status=201)
    for chosen in c.sample(range(len(CATALOGUE)), 3):
        body = {"product_id": chosen + 1, "quantity": chosen + 1, "option": c.choice(OPTIONS), "limit_cents": 1_000_003}
        line = w.next("cart-line")
        said = {"line_id": line, "product_id": chosen + 1, "quantity": chosen + 1, "position": 1}
        yield talk(f"POST /carts/{cart}/lines", said, body=body, status=201)
        yield talk(f"GET /search?q={CATALOGUE[chosen].replace(' ', '+')}&facet={c.choice(OPTIONS)}", {"hits": 1})
        variant = made[chosen]["id"]
        yield talk(f"PUT /carts/{cart}/lines/{line}", {"ok": True}, body={"variant_id": variant, "quantity": 3})


def echoes(w: Any, c: random.Random, talk: Any) -> Any:
    """Nothing here is the server's own but the time; much of it looks as if it were."""
    for number in range(1, 8):
        mine, key = f"{c.getrandbits(64):016x}", f"{c.getrandbits(48):012x}"
        at = 1_690_000_000 + number * 60
        body = {"id": number, "uuid": mine, "sent_at": at, "day": "2024-05-01", "ok": True, "kind": "k2", "count": 3}
        headers = (("X-Request-Id", key), ("X-Client-Id", "client-00042-a"))
        said = {"json": body, "headers": {"X-Request-Id": key}, "args": {}, "at": w.now(), "count": number}
        yield talk(f"POST /echo?n={number}", said, body=body, headers=headers, answered=(("X-Request-Id", key),))
        yield talk("GET /echo/last", {"last": body, "order_id": number, "page": number + 1, "user": {"id": number + 1}})
        body = {"uuid": mine, "order_count": number, "page": number + 1, "day": "2024-05-01", "since": at, "ratio": 0.5}
        yield talk("PUT /echo/things", {"created_at": "2024-05-01T10:00:00Z", "number": number}, body=body)
        body = {"deliver_at": "2024-05-01T10:00:00Z", "number": number, "country_code": "DE", "code": "NOT_FOUND"}
        yield talk("POST /echo/dates", {"country_code": "DE", "error": {"code": "NOT_FOUND"}}, body=body)


STYLES = (cursors, uploads, catalogue, echoes)
