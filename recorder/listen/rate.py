"""How much of a source is taken at most: so many a second, and no more than a second's worth at once."""


class Rate:
    """A bucket of `per_s` tokens that fills within a second. The caller counts what is refused, and says so."""

    def __init__(self, per_s: float) -> None:
        self.per_s = per_s
        self._tokens = per_s
        self._filled_s: float | None = None

    def allows(self, now_s: float) -> bool:
        """Whether one more is taken at `now_s`."""
        if self._filled_s is not None:
            self._tokens = min(self.per_s, self._tokens + (now_s - self._filled_s) * self.per_s)
        self._filled_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
