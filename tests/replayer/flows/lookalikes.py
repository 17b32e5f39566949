"""Nothing but decoys: counts called like resources, pages that are resources, ids that the client brought along."""

from __future__ import annotations

import random
from typing import Any


def counts(w: Any, c: random.Random, talk: Any) -> Any:
    """Numbers of things, called like the things; the client opens things it has known for long."""
    for known in range(1, 7):
        said = {
            "invoices": w.next("stat"),
            "invoice_count": w.next("stat"),
            "page": w.next("stat"),
            "user_total": w.next("stat"),
        }
        yield talk(f"GET /stats?level={known}", {**said, "level": w.next("stat"), "unread": w.next("stat")})
        yield talk(f"GET /invoices/{known}", {"id": known, "items": w.next("stat"), "page": known + 1})
        yield talk(f"GET /pages/{known}", {"id": known, "order": "asc", "limit": w.next("stat")})
        yield talk(
            f"GET /levels/{known}?users={known}&invoice={known}", {"levels": w.next("stat"), "stat": w.next("stat")}
        )
        body = {"invoice": known, "user": known, "users": [known], "items": known, "unread": known, "stat": known}
        yield talk("POST /reports", {"queued": w.next("stat"), "position": w.next("stat")}, body=body, status=202)
        quarter = {
            "quarter": known % 4 + 1,
            "year": 2024,
            "month": known,
            "limit": known,
            "offset": known,
            "version": "2",
        }
        yield talk("POST /reports/filter", {"month": w.next("stat"), "version": str(w.next("stat"))}, body=quarter)


def brought(w: Any, c: random.Random, talk: Any) -> Any:
    """Ids of the client's own, said by it first, then by the server about other things of the same name."""
    device, order = f"{c.getrandbits(128):032x}", c.randrange(1, 9)
    for number in range(1, 6):
        yield talk(
            f"PUT /devices/{device}", {"device_id": device, "seen": number}, body={"parcel_id": order, "seq": number}
        )
        yield talk(
            f"GET /devices/{device}/parcels?after={number}", {"parcels": [{"id": number}, {"id": order}], "seq": 1}
        )
        yield talk(
            "GET /news", {"id": w.next("news"), "parcel_id": order, "likes": number, "author_id": w.next("author")}
        )
        yield talk(f"GET /parcels/{order}", {"id": order, "device": device, "version": number, "etag": "2"})
        body = {"device_id": device, "parcel_id": order, "seq": number, "client_version": number, "build": 2}
        yield talk("POST /sync", {"ok": True, "build": w.next("build"), "version": w.next("v")}, body=body)


STYLES = (counts, brought)
