"""A service that Foreshock knows nothing of: a booth that sells tickets, and the printer it has them printed by.

    booth.py printer HOST:PORT DATABASE
    booth.py booth HOST:PORT DATABASE PRINTER_URL

Planted: a print that is not answered in time is asked for again without a key, so that a ticket may be printed twice.
SOUND=1 gives the key. `GET /twice` of the printer lists such tickets. Each reset is noted as a line in the file RESETS.
"""

import http.client
import json
import os
import sqlite3
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

ANSWER_S = 0.25  # how long the booth waits for the printer
TRIES = 2
TABLES = {
    "printer": "CREATE TABLE IF NOT EXISTS prints (ticket TEXT, key TEXT)",
    "booth": "CREATE TABLE IF NOT EXISTS tickets (id TEXT PRIMARY KEY, visitor TEXT, seat INTEGER, printed INTEGER)",
}


class Service(BaseHTTPRequestHandler):
    """What both have: JSON in, JSON out, `/healthz`, `POST /__reset`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    table: ClassVar[str]
    database: ClassVar[str]

    def do_GET(self) -> None:
        self.answer(*({"/healthz": (200, {"ok": True})}.get(self.path) or self.read()))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        self.answer(*(self.reset() if self.path == "/__reset" else self.write(asked)))

    def read(self) -> tuple[int, object]:
        return 404, {}

    def write(self, asked: dict[str, object]) -> tuple[int, object]:
        return 404, {}

    def reset(self) -> tuple[int, object]:
        self.sql(f"DELETE FROM {self.table}")
        if journal := os.environ.get("RESETS"):
            with Path(journal).open("a") as lines:
                lines.write(f"{self.table}\n")
        return 200, {}

    def sql(self, statement: str, *values: object) -> list[tuple]:
        connection = sqlite3.connect(self.database, timeout=5)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that went away is no matter."""


class Printer(Service):
    table = "prints"

    def read(self) -> tuple[int, object]:
        if self.path != "/twice":
            return 404, {}
        return 200, [ticket for (ticket,) in self.sql("SELECT ticket FROM prints GROUP BY ticket HAVING count(*) > 1")]

    def write(self, asked: dict[str, object]) -> tuple[int, object]:
        key = asked.get("key")
        if not key or not self.sql("SELECT 1 FROM prints WHERE key = ?", key):
            self.sql("INSERT INTO prints VALUES (?, ?)", asked["ticket"], key)
        return 201, {"ticket": asked["ticket"]}


class Booth(Service):
    table = "tickets"
    printer: ClassVar[str]

    def read(self) -> tuple[int, object]:
        if self.path == "/shows":
            return 200, {"shows": ["matinee", "evening"]}
        found = self.sql("SELECT seat, printed FROM tickets WHERE id = ?", self.path.rpartition("/")[2])
        return (200, {"seat": found[0][0], "printed": bool(found[0][1])}) if found else (404, {})

    def write(self, asked: dict[str, object]) -> tuple[int, object]:
        if self.path == "/visitors":
            return 201, {"token": uuid.uuid4().hex}
        visitor = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if not visitor:
            return 401, {}
        ticket = uuid.uuid4().hex
        self.sql("INSERT INTO tickets VALUES (?, ?, ?, 0)", ticket, visitor, asked["seat"])
        if not self.printed(ticket):
            return 502, {"error": "the printer does not answer"}
        self.sql("UPDATE tickets SET printed = 1 WHERE id = ?", ticket)
        return 201, {"id": ticket, "show": asked["show"]}

    def printed(self, ticket: str) -> bool:
        key = ticket if os.environ.get("SOUND") == "1" else None
        for attempt in range(TRIES):
            line = http.client.HTTPConnection(self.printer, timeout=ANSWER_S)
            try:
                line.request("POST", "/prints", json.dumps({"ticket": ticket, "key": key}))
                return line.getresponse().status == 201
            except (OSError, http.client.HTTPException):
                print(f"WARN print attempt {attempt} of ticket {ticket} was not answered", flush=True)  # noqa: T201
            finally:
                line.close()
        return False


def main(role: str, address: str, database: str, printer: str = "") -> None:
    service = {"printer": Printer, "booth": Booth}[role]
    service.database = database
    Booth.printer = urlsplit(printer).netloc
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(TABLES[role])
    connection.close()
    host, _, port = address.rpartition(":")
    Server((host, int(port)), service).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
