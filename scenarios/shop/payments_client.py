"""Calls to the payments service: a timeout, retries, a bounded pool."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.shop.flags import Flags
from scenarios.shop.logs import Log
from scenarios.shop.metrics import Metrics, single
from scenarios.shop.orders import Order
from scenarios.shop.pool import Pool, PoolBusy
from scenarios.shop.tracing import carried


class Unavailable(Exception):
    """Payments gave no answer. `in_doubt`: what was asked may have been done all the same."""

    def __init__(self, message: str, *, in_doubt: bool) -> None:
        super().__init__(message)
        self.in_doubt = in_doubt


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        """Raises ValueError where the body is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    timeout_s: float
    retries: int
    pool_size: int
    pool_wait_s: float


class PaymentsClient:
    def __init__(self, options: Options, flags: Flags, metrics: Metrics, log: Log) -> None:
        self._options = options
        self._flags = flags
        self._metrics = metrics
        self._log = log
        self._pool = self._new_pool()
        metrics.counter("payment_attempts_total", "Requests sent to payments, retries included.")
        metrics.counter("payment_timeouts_total", "Requests to payments that got no answer in time.")
        metrics.counter("payment_errors_total", "Requests to payments that failed in another way.")
        metrics.counter("payment_retries_total", "Requests sent to payments again.")
        metrics.gauge("payments_pool_in_use", "Connections to payments in use.", lambda: single(self._pool.in_use))
        metrics.gauge("payments_pool_size", "Connections to payments at most.", lambda: single(self._pool.size))

    def charge(self, order: Order) -> Answer:
        """201 (or 200) with the charge. Raises Unavailable."""
        headers = {"Idempotency-Key": order.payment_key} if self._flags.idempotency_keys else {}
        body = {"order_id": order.id, "amount_cents": order.total_cents}
        return self._call("POST", "/charges", body, order, headers)

    def refund(self, order: Order) -> Answer:
        """200 once the order's charge is refunded, however often it is asked for. Raises Unavailable."""
        return self._call("POST", f"/charges/{order.charge_id}/refund", {}, order)

    def void(self, order: Order) -> Answer:
        """200: the order's charge was not made and never will be; 409 with the charge that was. Raises Unavailable."""
        return self._call("PUT", f"/voids/{order.payment_key}", {"order_id": order.id}, order, retries=0)

    def methods(self) -> Answer:
        """200 with the ways to pay. Raises Unavailable."""
        return self._call("GET", "/methods")

    def reset(self) -> None:
        """Forgets every connection; calls under way end with Superseded."""
        self._pool.retire()
        self._pool = self._new_pool()

    def _new_pool(self) -> Pool:
        options = self._options
        return Pool(
            options.host,
            options.port,
            size=options.pool_size,
            wait_s=options.pool_wait_s,
            timeout_s=options.timeout_s,
            return_slots=self._flags.return_slots,
        )

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        order: Order | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> Answer:
        pool = self._pool
        call = _Call(method, path, body, {**(headers or {}), **_headers(order), **carried()})
        attempts = 1 + (self._options.retries if retries is None else retries)
        for attempt in range(1, attempts + 1):
            try:
                return self._attempt(pool, call)
            except PoolBusy as busy:
                self._log.warn(
                    f"no connection to payments free within {self._options.pool_wait_s * 1000:.0f} ms: {busy}"
                )
                raise Unavailable("payments busy", in_doubt=call.sent) from None
            except TimeoutError:
                self._metrics.count("payment_timeouts_total")
                what = f"timed out after {self._options.timeout_s * 1000:.0f} ms"
            except self._worth_another as error:
                self._metrics.count("payment_errors_total")
                what = f"failed: {type(error).__name__}"
            again = attempt < attempts
            about = f" for order {order.id}" if order else ""
            then = "trying again" if again else "giving up"
            self._log.warn(f"payment attempt {attempt} of {attempts}{about} {what}, {then}")
            if again:
                self._metrics.count("payment_retries_total")
        raise Unavailable("payments did not answer", in_doubt=call.sent)

    @property
    def _worth_another(self) -> tuple[type[Exception], ...]:
        """Failures after which a call is made again. With keys it is safe to ask again after half an answer, too."""
        if self._flags.settle_unknown:
            return ConnectionError, http.client.HTTPException, ValueError, OSError
        return (ConnectionError,)

    def _attempt(self, pool: Pool, call: "_Call") -> Answer:
        connection = pool.take()
        self._metrics.count("payment_attempts_total")
        try:
            answer = self._exchange(connection, call)
        except TimeoutError:
            pool.discard(connection)
            raise
        except Exception:
            connection.close()
            pool.give_back(connection)
            raise
        pool.give_back(connection)
        return answer

    def _exchange(self, connection: http.client.HTTPConnection, call: "_Call") -> Answer:
        if connection.sock is None:
            connection.connect()
        call.sent = True
        connection.request(call.method, call.path, call.body, call.headers)
        response = connection.getresponse()
        try:
            answer = Answer(response.status, response.read())
        except http.client.IncompleteRead as cut:
            if self._flags.settle_unknown:
                raise
            connection.close()  # as most clients do: the connection is of no use, what came of the answer may be
            return Answer(response.status, cut.partial)
        if self._flags.settle_unknown:
            answer.json()  # half an answer is none
            if answer.status >= 500:
                raise http.client.HTTPException(f"payments answered {answer.status}")
        return answer


class _Call:
    """One call. `sent` once an attempt may have reached payments."""

    def __init__(self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> None:
        self.method = method
        self.path = path
        self.body = None if body is None else json.dumps(body).encode()
        self.headers = {**headers, "Content-Type": "application/json"} if body is not None else dict(headers)
        self.sent = False


def _headers(order: Order | None) -> dict[str, str]:
    """Payments refuses what belongs to an order from before its own books."""
    return {"X-Order-Time": f"{order.opened_at:.6f}"} if order else {}
