"""Customers who order sites through forms, change plans and add records; some want what is taken."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import NAMES, Client, main

_PLANS = ("S", "S", "S", "M", "M", "L", "XL (legacy)")
_RECORDS = ("A 192.0.2.7", "MX 10 mail", 'TXT "v=spf1 -all"', "CNAME www=@", "TXT käse=ja; ok=100%")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    domain = f"{rng.choice(('shop', 'blog', 'xn--caf-dma', 'my-site'))}-{rng.getrandbits(24):06x}.test"
    order = {"domain": domain, "plan": rng.choice(_PLANS), "contact": f"{rng.choice(NAMES)} & family"}
    if number % 4 == 0:
        client.send("GET", f"/sites?domain={domain}", expect=200)
    if number % 9 == 5:
        client.send("POST", "/sites", form={**order, "plan": "huge"}, expect=422)
    site = client.send("POST", "/sites", form=order, expect=201)
    path = f"/sites/{site['id']}"
    client.send("GET", path, expect=200)
    for record in rng.sample(_RECORDS, rng.choice((0, 1, 1, 2))):
        client.send("POST", f"{path}/records", form={"record": record}, expect=201)
        client.send("GET", path, expect=200)
    if number % 5 == 2:
        client.send("PUT", path, form={"plan": "L"}, expect=200)
        client.send("GET", path, expect=200)
    if number % 6 == 4:
        client.send("POST", "/sites", form={**order, "contact": "somebody else"}, expect=409)
    if number % 3 == 0:
        client.send("GET", f"/sites?domain={domain}", expect=200)


if __name__ == "__main__":
    main("hosting", visit, sessions=30)
