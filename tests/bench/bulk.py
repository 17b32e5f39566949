"""Bulk: one connection, many bytes one way, between blocking sockets that cost as little as can be, on loopback."""

import multiprocessing
import socket
import threading
import time
from multiprocessing.connection import Connection
from typing import Literal

PIECE = bytes(1 << 20)
_ORDER_BYTES = 9  # 'd' or 'u', and how many bytes
_LONGEST_S = 30.0

Way = Literal["down", "up"]


class BulkServer:
    """A server in a process of its own that sends, or takes and acknowledges, as many bytes as it is asked for."""

    def __enter__(self) -> str:
        spawning = multiprocessing.get_context("spawn")
        mine, theirs = spawning.Pipe()
        self.process = spawning.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        return f"127.0.0.1:{mine.recv()}"

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()


def transfer(address: str, way: Way, size: int) -> float:
    """MB/s (of 1000 * 1000 bytes) of `size` bytes through `address`, from the request until the last one is there."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=_LONGEST_S) as sock:
        started_s = time.perf_counter()
        sock.sendall(way[0].encode() + size.to_bytes(8, "big"))
        if way == "down":
            _take(sock, size)
        else:
            _give(sock, size)
            _take(sock, 1)
        return size / 1e6 / (time.perf_counter() - started_s)


def _serve(ready: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ready.send(listening.getsockname()[1])
        while True:
            sock, _ = listening.accept()
            threading.Thread(target=_answer, args=(sock,), daemon=True).start()


def _answer(sock: socket.socket) -> None:
    with sock:
        order = sock.recv(_ORDER_BYTES, socket.MSG_WAITALL)
        size = int.from_bytes(order[1:], "big")
        if order[:1] == b"d":
            _give(sock, size)
        else:
            _take(sock, size)
            sock.sendall(b".")


def _give(sock: socket.socket, size: int) -> None:
    for start in range(0, size, len(PIECE)):
        sock.sendall(PIECE[: size - start])


def _take(sock: socket.socket, size: int) -> None:
    buffer = bytearray(len(PIECE))
    while size > 0:
        taken = sock.recv_into(buffer, min(size, len(buffer)))
        if not taken:
            raise ConnectionError(f"the connection ended {size} bytes early")
        size -= taken
