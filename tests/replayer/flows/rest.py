"""Resources under paths, links in answers, documents in envelopes: what is read from the URL and its names."""

from __future__ import annotations

import random
from typing import Any

NAMES = ("Green Tea", "Oolong 2024", "Size-42 Shoe", "iPhone 15 Pro", "Mug", "H264 Player", "Lamp A19")


def nested(w: Any, c: random.Random, talk: Any) -> Any:
    """Users have orders, orders have items; small numbers everywhere, and as many decoys."""
    user = w.next("user")
    yield talk("POST /api/v1/users", {"id": user, "age": 3, "active": True}, body={"age": 3}, status=201)
    auth = (("X-Tenant", "1"), ("User-Agent", "shop/7.1"))
    for _ in range(c.randrange(2, 5)):
        quantity = c.randrange(1, 9)
        order = w.next("order")
        made = {"id": order, "user_id": user, "quantity": quantity, "status": "open", "priority": c.randrange(1, 5)}
        yield talk(f"POST /api/v1/users/{user}/orders", made, body={"quantity": quantity}, headers=auth, status=201)
        for position in range(c.randrange(1, 4)):
            item = w.next("item")
            said = {"item": {"id": item, "position": position, "order": order}}
            body = {"product_id": c.randrange(1, 9), "quantity": c.randrange(1, 9), "gift": False}
            yield talk(f"POST /api/v1/users/{user}/orders/{order}/items", said, body=body, status=201)
            if c.random() < 0.5:
                yield talk(f"DELETE /api/v1/users/{user}/orders/{order}/items/{item}", status=204)
        mine = w.shuffled([made, {**made, "id": w.next("order")}])
        yield talk(f"GET /api/v1/users/{user}/orders?page=1&limit={c.randrange(1, 9)}", {"orders": mine, "count": 2})
        yield talk(f"GET /api/v1/users/{user}/orders/{order}?level={c.randrange(1, 9)}", made)
        pay = {"order_id": order, "amount": quantity, "installments": c.randrange(1, 9), "express": True}
        payment = w.uuid()
        yield talk("POST /api/v1/payments", {"payment": {"id": payment, "order_id": order}}, body=pay, status=201)
        yield talk(f"POST /api/v1/payments/{payment}/capture", {"ok": True, "attempt": 1}, body={"attempt": 1})
        w.kept.setdefault("orders", []).append((order, payment))


def support(w: Any, c: random.Random, talk: Any) -> Any:
    """Someone else works on what the customers made: told the id on the telephone."""
    for number in range(6):
        made = w.kept.get("orders", [])
        if not made:
            yield talk("GET /health", {"status": "ok", "version": "1", "workers": number})
            continue
        order, payment = made[-1]
        yield talk(f"GET /api/v1/payments/{payment}", {"id": payment, "state": "captured"})
        yield talk("POST /api/v1/refunds", {"refund_id": w.hex(12)}, body={"order_id": order, "reason_code": 2})


def hal(w: Any, c: random.Random, talk: Any) -> Any:
    """The client follows links; it makes no URL of its own."""
    basket = w.base36(9)
    links = {"self": {"href": f"/baskets/{basket}"}, "lines": {"href": f"https://shop.test/baskets/{basket}/lines"}}
    yield talk("POST /baskets", {"_links": links, "total": 0}, body={"currency_code": "EUR"}, status=201)
    for name in c.sample(NAMES, 3):
        line = w.next("line")
        href = f"/baskets/{basket}/lines/{line}"
        said = {"name": name, "_links": {"self": {"href": href}, "remove": {"href": f"{href}?rev={w.token(6)}"}}}
        yield talk(f"POST /baskets/{basket}/lines", said, body={"name": name, "count": c.randrange(1, 9)}, status=201)
        yield talk(f"GET {href}", said)
        if c.random() < 0.5:
            yield talk(f"DELETE {said['_links']['remove']['href']}", status=204)
    lines = [{"name": name, "_links": {"self": {"href": f"/l/{w.next('l')}"}}} for name in NAMES]
    yield talk(f"GET /baskets/{basket}/lines", {"_embedded": {"lines": w.shuffled(lines)}, "total": 3})
    for chosen in c.sample(lines, 2):
        yield talk(f"GET {chosen['_links']['self']['href']}", {"name": chosen["name"]})
    slug = f"order-{w.base36(5)}"
    location = (("Location", f"https://shop.test/checkouts/{slug}?step=1&key={w.next('key')}"),)
    yield talk(f"POST /baskets/{basket}/checkout", answered=location, status=303)
    yield talk(f"GET {location[0][1].removeprefix('https://shop.test')}", {"step": 1})


def json_api(w: Any, c: random.Random, talk: Any) -> Any:
    """JSON:API: an id's type stands beside it."""
    kind = {"Content-Type": "application/vnd.api+json"}
    person = str(w.next("people"))
    said = {"data": {"type": "people", "id": person, "attributes": {"age": 3, "rank": "3"}}}
    yield talk("POST /people", said, body={"data": {"type": "people", "attributes": {"age": 3}}}, status=201)
    for _ in range(3):
        article = str(w.next("articles"))
        author = {"data": {"type": "people", "id": person}}
        attributes = {"stars": c.randrange(1, 6), "title": "3"}
        body = {"data": {"type": "articles", "attributes": attributes, "relationships": {"author": author}}}
        made = {"data": {**body["data"], "id": article, "links": {"self": f"http://api.test/articles/{article}"}}}
        yield talk("POST /articles", made, body=body, status=201, answered=tuple(kind.items()))
        change = {"data": {"type": "articles", "id": article, "attributes": {"stars": c.randrange(1, 6)}}}
        yield talk(f"PATCH /articles/{article}", change, body=change)
        yield talk(f"GET /articles?filter[author]={person}&page[number]=1&page[size]=3", {"data": [made["data"]]})
        tags = {"data": [{"type": "articles", "id": article}]}
        yield talk(f"POST /people/{person}/relationships/favorites", body=tags, status=204)


STYLES = (nested, support, hal, json_api)
