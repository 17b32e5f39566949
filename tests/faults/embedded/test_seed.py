"""A seed that works: run after run the same connections are hit, over real sockets."""

import asyncio

import msgspec
import pytest

RUNS = 100
CONNECTIONS = range(1, 13)


@pytest.mark.parametrize("engine", ["embedded"])
def test_a_hundred_runs_with_one_seed_hit_the_same_connections(server, wire):
    """In whatever order their clients speak, and whatever other toxics come in between."""

    async def hit(proxy, number: int) -> list[int]:
        """The ordinals of the connections that were ended by the toxic."""
        clients = [await wire.Client.to(proxy.listen) for _ in CONNECTIONS]
        turned = number % len(clients)
        await asyncio.gather(*(_speak(client) for client in clients[turned:] + clients[:turned]))
        await wire.eventually(lambda: all(one["ended"] for one in _journal(server)))
        return sorted(one["ordinal"] for one in _journal(server) if one["ended"] == "toxic t")

    async def check() -> None:
        runs = []
        async with wire.Upstream() as upstream:
            for number in range(RUNS):
                proxy = server.create(upstream.address, "p")
                if number % 2:
                    server.api.post("/proxies/p/toxics", json={"type": "noop", "toxicity": 0.5})
                toxic = {"name": "t", "type": "limit_data", "toxicity": 0.5, "attributes": {"bytes": 0}}
                server.api.post("/proxies/p/toxics", json=toxic)
                runs.append(await hit(proxy, number))
                proxy.destroy()
        assert 0 < len(runs[0]) < len(CONNECTIONS)
        assert runs == [runs[0]] * RUNS

    asyncio.run(check())


async def _speak(client) -> None:
    async with client:
        client.writer.write(b"hello\n")
        client.writer.write_eof()
        await client.rest()


def _journal(server) -> list[dict]:
    return msgspec.json.decode(server.connections("p", 0.0))["connections"]
