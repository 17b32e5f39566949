"""Log lines for people, on stdout."""

import os
import time


class Log:
    """Writes '2026-05-18 09:30:00.123 WARN storefront: what happened' lines, each in one write: whole, and at once."""

    def __init__(self, service: str) -> None:
        self._service = service

    def info(self, message: str) -> None:
        self._write("INFO", message)

    def warn(self, message: str) -> None:
        self._write("WARN", message)

    def error(self, message: str) -> None:
        self._write("ERROR", message)

    def _write(self, level: str, message: str) -> None:
        now_s = time.time()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now_s))
        one_line = " ".join(message.splitlines())
        line = f"{stamp}.{int(now_s % 1 * 1000):03d} {level:5} {self._service}: {one_line}\n"
        os.write(1, line.encode(errors="replace"))
