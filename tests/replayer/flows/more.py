"""Styles that came after the learner was written: what it makes of services that it was not mended for."""

from __future__ import annotations

import json
import random
from typing import Any

URLENCODED = ("Content-Type", "application/x-www-form-urlencoded")


def rails(w: Any, c: random.Random, talk: Any) -> Any:
    """Server-rendered pages: ids stand in links and actions only, forms have nested names and `_method`."""
    token = w.token(43) + "=="
    head = f'<html><head><meta name="csrf-token" content="{token}" /><meta name="viewport" content="width=1"></head>'
    post = w.next("post")
    hidden = f'<input name="authenticity_token" type="hidden" value="{token}">'
    html = f'{head}<body><form action="/posts" method="post">{hidden}'
    yield talk("GET /posts/new?page=1", html=html + "<input name='post[title]'></form></body></html>")
    field = token.replace("=", "%3D")
    body = f"authenticity_token={field}&post%5Btitle%5D=Hello&post%5Brating%5D={c.randrange(1, 9)}"
    location = (("Location", f"http://blog.test/posts/{post}"),)
    yield talk("POST /posts", form=body, headers=(URLENCODED,), answered=location, status=302)
    comments = [(w.next("comment"), name) for name in ("Ann", "Bob", "Cy")]
    links = "".join(
        f'<li><a href="/posts/{post}/comments/{n}/edit">Edit {name}</a>' for n, name in w.shuffled(comments)
    )
    actions = f'<form action="/posts/{post}/like" method="post"><input type="hidden" name="count" value="3"></form>'
    yield talk(f"GET /posts/{post}", html=f"{head}<body>{links}{actions}</body></html>")
    for number, _ in c.sample(comments, 2):
        yield talk(
            f"GET /posts/{post}/comments/{number}/edit", html=f"{head}<body><p>{c.randrange(9)}</p></body></html>"
        )
        body = (
            f"_method=patch&authenticity_token={field}&comment%5Bstars%5D={c.randrange(1, 6)}&comment%5Bid%5D={number}"
        )
        yield talk(f"POST /posts/{post}/comments/{number}", form=body, headers=(URLENCODED,), status=302)
    body = "count=3"
    yield talk(f"POST /posts/{post}/like", form=body, headers=(URLENCODED, ("X-CSRF-Token", token)), status=302)


def batches(w: Any, c: random.Random, talk: Any) -> Any:
    """Lists of ids, joined ids, operations that are polled, verbs behind a colon."""
    jobs = [w.hex(16) for _ in range(3)]
    said = {"jobs": [{"jobId": job, "index": index, "priority": 3} for index, job in enumerate(jobs)], "accepted": 3}
    yield talk("POST /v2/jobs:batchCreate", said, body={"count": 3, "labels": ["a", "b"]}, status=202)
    yield talk(f"GET /v2/jobs?ids={','.join(jobs)}&limit=3", {"total": 3})
    yield talk("POST /v2/jobs:cancel", {"cancelled": 2}, body={"jobIds": jobs[:2], "force": True, "limit": 2})
    operation = f"op-{w.token(20)}"
    polled = (("Operation-Location", f"https://cloud.test/v2/operations/{operation}?api-version=2024-05-01"),)
    yield talk("POST /v2/reports", status=202, answered=(*polled, ("Retry-After", "3")), body={"from": "2024-05-01"})
    for _ in range(2):
        target = f"/v2/operations/{operation}?api-version=2024-05-01"
        yield talk(f"GET {target}", {"status": "running", "percent": 3})
    result = {"status": "done", "resourceLocation": f"https://cloud.test/v2/reports/{w.uuid()}"}
    yield talk(f"GET /v2/operations/{operation}?api-version=2024-05-01", result)
    yield talk(f"GET {result['resourceLocation'].removeprefix('https://cloud.test')}", {"rows": 3})
    yield talk(f"POST /v2/jobs/{jobs[2]}:retry", {"attempt": 2}, body={"attempt": 1})


def odata(w: Any, c: random.Random, talk: Any) -> Any:
    """Keys in brackets, filters in a query, links to what is related; delta tokens."""
    customer, etag = w.next("customer"), f"W/\"'{w.hex(16)}'\""
    said = {"@odata.etag": etag, "CustomerId": customer, "Level": 3, "Id": w.uuid()}
    yield talk("POST /odata/Customers", said, body={"Level": 3}, status=201, answered=(("ETag", etag),))
    yield talk(f"GET /odata/Customers({customer})?$select=Level", said)
    query = f"$filter=CustomerId%20eq%20{customer}%20and%20Level%20eq%203&$top=3"
    yield talk(f"GET /odata/Orders?{query}", {"value": []})
    bind = {"Customer@odata.bind": f"Customers({customer})", "Quantity": 3}
    yield talk("POST /odata/Orders", {"OrderId": w.next("o"), "Quantity": 3}, body=bind, status=201)
    yield talk(f"PATCH /odata/Customers({customer})", headers=(("If-Match", etag),), body={"Level": 4}, status=204)
    delta = w.token(30)
    yield talk(
        "GET /odata/Customers?$delta=1", {"@odata.deltaLink": f"https://o.test/odata/Customers?$deltatoken={delta}"}
    )
    yield talk(f"GET /odata/Customers?$deltatoken={delta}", {"value": []})


def chat(w: Any, c: random.Random, talk: Any) -> Any:
    """Snowflakes as texts, JSON in texts, nonces in headers, replies to messages of others in the same room."""
    nonce, session = w.token(32), str(1_200_000_000_000_000_000 + w.next("flake"))
    yield talk(
        "POST /gateway", {"session_id": session, "heartbeat": 3}, answered=(("Replay-Nonce", nonce),), body={"v": 9}
    )
    channel = str(1_100_000_000_000_000_000 + w.next("flake"))
    headers = (("X-Session", session), ("X-Nonce", nonce))
    yield talk(
        "POST /channels", {"id": channel, "type": 0, "position": 3}, headers=headers, body={"type": 0}, status=201
    )
    for _ in range(3):
        others = w.kept.setdefault("messages", [])
        reply = others[-1] if others else None
        body = {"content": "Hi 3", "tts": False, "message_reference": {"message_id": reply, "channel_id": channel}}
        message = str(1_300_000_000_000_000_000 + w.next("flake"))
        said = {"id": message, "channel_id": channel, "author": {"id": session[-6:], "level": 3}, "attachments": []}
        yield talk(f"POST /channels/{channel}/messages", said, body=body, status=201)
        others.append(message)
        yield talk(f"PUT /channels/{channel}/messages/{message}/reactions/1f44d/@me", status=204)
        packed = {"payload": json.dumps({"message": message, "n": 3}), "n": 3}
        yield talk("POST /telemetry", {"ok": True}, body=packed)
    yield talk(f"GET /channels/{channel}/messages?after={message}&limit=50", [])


def checkout(w: Any, c: random.Random, talk: Any) -> Any:
    """A browser's shop: slugs, client secrets, addresses by id, totals, ids of the client's own."""
    mine = str(c.getrandbits(53))
    basket = {"token": w.base36(24), "lines": [], "currency": "EUR", "region_id": 3}
    yield talk("POST /store/carts", {"cart": basket}, body={"region_id": 3, "device": mine}, status=201)
    addresses = [{"id": w.next("address"), "label": label, "zip": "10115"} for label in ("home", "work", "mum")]
    yield talk("GET /store/me/addresses", {"addresses": w.shuffled(addresses), "count": 3})
    chosen = c.choice(addresses)["id"]
    body = {"address_id": chosen, "zip": "10115", "floor": 3, "cart_token": basket["token"]}
    yield talk(f"POST /store/carts/{basket['token']}/shipping", {"shipping": {"price": 3, "option_id": 3}}, body=body)
    intent, secret = f"pi_{w.token(24)}", w.token(24)
    said = {"payment": {"intent": intent, "client_secret": f"{intent}_secret_{secret}", "amount": 1999}}
    yield talk(f"POST /store/carts/{basket['token']}/payment", said, body={"provider": "card", "amount": 1999})
    body = {"client_secret": f"{intent}_secret_{secret}", "amount": 1999, "device": mine}
    yield talk(
        f"POST /v1/payment_intents/{intent}/confirm", {"status": "succeeded", "charge": f"ch_{w.token(24)}"}, body=body
    )
    order = f"W{w.next('display') + 4000:09d}"
    yield talk(f"POST /store/carts/{basket['token']}/complete", {"order": {"number": order, "display_id": 3}}, body={})
    yield talk(f"GET /store/orders/{order}", {"number": order, "lines": 3})
    yield talk(f"GET /store/orders?number={order}&email=me%40shop.test", {"orders": []})


STYLES = (rails, batches, odata, chat, checkout)
