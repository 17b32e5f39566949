"""Plans drawn by Hypothesis ahead of whoever runs them: in a thread of its own, since Hypothesis is synchronous.

Nothing drawn depends on what a run met, so drawing needs to wait for none. Hypothesis only generates here: nothing ever
fails in front of it, so it never judges again, never shrinks and never calls a flaky system flaky. The same seed draws
the same plans for the same recording and the same Hypothesis; the plan file is the truth, the seed is a convenience
(Hypothesis also draws from the constants it finds in local source).

Ten plans a round, each round under a seed of its own: from the eleventh on, Hypothesis makes five of six examples by
copying parts of the one before over others, and so few sessions would get all the executions (measured: of twelve
equally likely kinds of session the rarest got 3 of 300 draws, the most frequent 56).
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from replayer.plan import Plan

_AHEAD = 8  # plans that wait to be run
_A_ROUND = 10
_ROUNDS = 1 << 20  # so many rounds at most have seeds of their own


class _Enough(BaseException):
    """Leaves Hypothesis at once: it takes only an `Exception` for a failure of what it tests."""


@asynccontextmanager
async def drawn(plans: SearchStrategy[Plan], seed: int, most: int) -> AsyncIterator[AsyncIterator[Plan]]:
    """An iterator over at most `most` drawn plans; fewer when Hypothesis has drawn all there are.

    Leaving ends the thread, also in the middle of a draw that nobody waits for. Errors of the strategy are raised by
    the iterator.
    """
    drawing = _Drawing(plans, seed, most)
    drawing.thread.start()
    try:
        yield drawing.all()
    finally:
        drawing.leave()


class _Drawing:
    def __init__(self, plans: SearchStrategy[Plan], seed: int, most: int) -> None:
        self._plans = plans
        self._seed = seed
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Queue[Plan | BaseException | None] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._left = threading.Event()
        self.thread = threading.Thread(target=self._draw, name="drawing plans", daemon=True)

    async def all(self) -> AsyncIterator[Plan]:
        while (item := await self._ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            self._room.release()
            yield item

    def leave(self) -> None:
        self._left.set()
        self._room.release()
        self.thread.join()

    def _draw(self) -> None:
        ended: BaseException | None = None
        try:
            with _no_litter():
                for start in range(0, self._most, _A_ROUND):
                    self._round(start // _A_ROUND, min(_A_ROUND, self._most - start))()
        except _Enough:
            return
        except Exception as error:  # noqa: BLE001 (raised again where the plans are awaited)
            ended = error
        self._put(ended)

    def _round(self, nth: int, most: int) -> Callable[[], None]:
        """The "test" that Hypothesis runs: it takes each plan and never fails."""

        @seeded(self._seed * _ROUNDS + nth)
        @settings(
            max_examples=most,
            phases=(Phase.generate,),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(self._plans)
        def hand_over(plan: Plan) -> None:
            self._room.acquire()
            if self._left.is_set():
                raise _Enough
            self._put(plan)

        return hand_over

    def _put(self, item: Plan | BaseException | None) -> None:
        if not self._left.is_set():
            self._loop.call_soon_threadsafe(self._ready.put_nowait, item)


@contextmanager
def _no_litter() -> Iterator[None]:
    """Hypothesis keeps what it learns of the source for later in the working directory; the user's isn't ours."""
    with tempfile.TemporaryDirectory(prefix="foreshock-") as home:
        set_hypothesis_home_dir(home)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
