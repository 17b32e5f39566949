"""How oracles tell: one result for each route, worst first: violated, else unknown, else held; never of nothing."""

from __future__ import annotations

from typing import Any

from scenarios.finding import CheckResult, Verdict

_RANK: dict[Verdict, int] = {"held": 0, "unknown": 1, "violated": 2}


class Telling:
    """Collects what one oracle saw. `oracle` names it in words: 'acknowledged write lost'."""

    def __init__(self, oracle: str, *, hint: bool = False) -> None:
        self._oracle = oracle
        self._hint = hint
        self._evaluated: dict[str, int] = {}
        self._worst: dict[str, tuple[Verdict, str, Any]] = {}

    def held(self, route: str, message: str = "") -> None:
        """It looked at something of the route, and it was as it should be."""
        self._tell(route, "held", message, None)

    def unknown(self, route: str, why: str) -> None:
        """It may or may not be as it should be: `why` it can't be said."""
        self._tell(route, "unknown", why, None)

    def violated(self, route: str, message: str, observed: Any = None) -> None:
        """`message`: one sentence with what was seen against what is possible; `observed` bounded and redacted."""
        self._tell(route, "violated", message, observed)

    def results(self) -> tuple[CheckResult, ...]:
        """By route."""
        return tuple(
            CheckResult(
                check=f"{self._oracle}: {route}",
                verdict=verdict,
                evaluated=self._evaluated[route] if verdict != "unknown" else 0,
                message=message,
                observed=observed,
                oracle=self._oracle,
                hint=self._hint,
            )
            for route, (verdict, message, observed) in sorted(self._worst.items())
        )

    def _tell(self, route: str, verdict: Verdict, message: str, observed: Any) -> None:
        self._evaluated[route] = self._evaluated.get(route, 0) + 1
        if route not in self._worst or _RANK[verdict] > _RANK[self._worst[route][0]]:
            self._worst[route] = (verdict, message, observed)
