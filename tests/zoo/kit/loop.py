"""A small asyncio HTTP/1.1 server with keep-alive, for services whose handlers are coroutines."""

import asyncio
import signal
import sys
import traceback
from http import HTTPStatus

from kit.web import App, Refusal, Reply, Request


def serve(app: App, port: int) -> None:
    """Serves until SIGTERM or SIGINT."""
    asyncio.run(_serve(app, port))


async def _serve(app: App, port: int) -> None:
    serving = _Serving(app)
    server = await asyncio.start_server(serving.connection, "127.0.0.1", port, backlog=128)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    server.close()


class _Serving:
    def __init__(self, app: App) -> None:
        self._app = app
        self._under_way: set[asyncio.Task[Reply]] = set()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # a client that hung up, or talks no HTTP, is its own business
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request answered; False where the client wants no more."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        lines = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        body = await reader.readexactly(int(headers.get("content-length") or 0))
        # A task of its own, which goes on whatever becomes of the connection.
        reply = await asyncio.shield(self._task(method, target, headers, body))
        writer.write(_encoded(reply))
        await writer.drain()
        return headers.get("connection", "").lower() != "close"

    def _task(self, method: str, target: str, headers: dict[str, str], body: bytes) -> asyncio.Task[Reply]:
        path = target.partition("?")[0]
        if (method, path) == ("POST", "/reset"):
            return asyncio.create_task(self._reset())
        task = asyncio.create_task(self._answer(method, target, headers, body))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _reset(self) -> Reply:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=5)
        self._app.renew()
        return Reply(200, {"status": "reset"})

    async def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        path = target.partition("?")[0]
        if path == "/healthz":
            return Reply(200, {"status": "up"})
        try:
            handler, params, query = self._app.find(method, target)
            reply: Reply = await handler(Request(method, path, query, headers, body, params, self._app.state))
            return reply
        except Refusal as refusal:
            return Reply(refusal.status, {"error": str(refusal)})
        except Exception:  # noqa: BLE001  (a server answers 500 whatever its handler did)
            sys.stderr.write(f"ERROR {method} {path}: {traceback.format_exc(limit=-2)}")
            return Reply(500, {"error": "internal error"})


def _encoded(reply: Reply) -> bytes:
    body = reply.encoded()
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    if reply.status != 204:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
