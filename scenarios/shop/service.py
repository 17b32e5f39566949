"""What both services have in common: requests counted and answered whatever happens, and the operators' routes."""

import time
from collections.abc import Callable, Mapping

from scenarios.shop import tracing
from scenarios.shop.database import Database, Superseded
from scenarios.shop.logs import Log
from scenarios.shop.metrics import Metrics
from scenarios.shop.web import Refusal, Reply, Request, Route, Router


class Service:
    """A database, its routes, and the routes every service has: /healthz, /metrics, /__reset."""

    def __init__(
        self,
        database: Database,
        metrics: Metrics,
        log: Log,
        routes: list[Route],
        on_reset: tuple[Callable[[], None], ...],
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._log = log
        self._on_reset = (*on_reset, metrics.reset)
        self._router = Router(
            [
                *routes,
                Route("GET", "/healthz", lambda _: Reply(200, {"status": "ok"})),
                Route("GET", "/metrics", lambda _: Reply(200, metrics.text())),
                Route("POST", "/__reset", self._reset),
            ]
        )
        metrics.counter("http_requests_total", "Requests answered, by route and status.", labelled=True)
        metrics.counter("http_request_seconds_sum", "Time spent answering, by route.", labelled=True)
        metrics.counter("http_request_seconds_count", "Requests timed, by route.", labelled=True)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply to a request; 500 where its handler failed."""
        started_s = time.perf_counter()
        tracing.traceparent.set(headers.get(tracing.HEADER))
        path, _, query = target.partition("?")
        label = "unmatched"
        try:
            route, params = self._router.find(method, path)
            label = route.label
            reply = route.handler(Request(method, path, query, headers, body, self._database.session(), params))
        except Refusal as refusal:
            reply = refusal.reply()
        except Superseded:
            reply = Reply(503, {"error": "reset meanwhile"})
        except Exception as error:  # noqa: BLE001  # whatever a handler did wrong, who asked gets an answer
            self._log.error(f"{label} failed: {type(error).__name__}: {error}")
            reply = Reply(500, {"error": "internal error"})
        self._count(label, reply.status, time.perf_counter() - started_s)
        return reply

    def _count(self, route: str, status: int, took_s: float) -> None:
        self._metrics.count("http_requests_total", route=route, status=str(status))
        self._metrics.count("http_request_seconds_sum", took_s, route=route)
        self._metrics.count("http_request_seconds_count", route=route)

    def _reset(self, request: Request) -> Reply:
        self._database.reset(*self._on_reset)
        return Reply(200, {"status": "reset"})
