"""Fills each request when it is sent: bindings first, then who sends it, what stands for old values, dates, and last
what depends on all of that: cookies, credentials, signatures."""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec.structs import replace

from replayer.answers import Answers
from replayer.filling.cookies import Jars
from replayer.filling.credentials import Signer, refused, with_static
from replayer.filling.dates import Dates
from replayer.filling.filling import Filled, Filling
from replayer.filling.logins import is_login, login_request
from replayer.filling.maps import Maps
from replayer.filling.users import Dealer
from replayer.outcome import Answer
from replayer.plan import Request, Step

_LOOPBACK = ("localhost", "127.", "[::1]", "::1")


class Fills:
    """The engine's filler (`replayer.hooks.Filler`) that a `Filling` describes, for one replay.

    Raises UsageError where the function that signs is not there.

    `wanted` are the steps that something is bound to, where that is known; `scheme` and `host` are the target's; `wall`
    gives Unix time, by which cookies expire.
    """

    def __init__(
        self,
        filling: Filling,
        *,
        seed: int,
        scheme: str,
        host: str,
        wall: Callable[[], float],
        wanted: Collection[str] | None = None,
    ) -> None:
        self._wall = wall
        self._answers = Answers(filling.horizon_steps, wanted)
        self._jars = Jars(scheme == "https" or host.startswith(_LOOPBACK)) if filling.jar else None
        self._dealer = Dealer(filling.users, seed) if filling.users else None
        self._maps = Maps(filling.mapped) if filling.mapped else None
        self._dates = Dates(filling.shift) if filling.shift else None
        self._login = filling.login
        self._static = filling.static
        self._signer = Signer(filling.signing) if filling.signing else None
        self._credentials = 0
        self._signed = 0

    def fill(self, step: Step) -> Request:
        """The request as it is sent. Raises Unbound."""
        if self._login and is_login(step):
            step = replace(step, request=login_request(step.request, self._login))
        request = self._answers.fill(step)
        if self._maps:
            request = self._maps.fill(step, request)
        if self._dealer:
            request = self._dealer.fill(step, request)
        if self._dates:
            request = self._dates.fill(step, request)
        return request if refused(step) else self._as_known(step, request)

    def keep(self, step: Step, answer: Answer | None, error: str | None) -> None:
        """Takes in what came of the step; cookies also of an answer that was cut, for its head was whole."""
        self._answers.keep(step, answer, error)
        if self._jars and answer is not None:
            self._jars.keep(step.session, step.request.target, answer, self._wall())

    @property
    def filled(self) -> Filled:
        """What was done so far."""
        return Filled(
            cookies=self._jars.sent if self._jars else 0,
            cookies_withheld=self._jars.withheld if self._jars else 0,
            jars_forgotten=self._jars.forgotten if self._jars else 0,
            users=self._dealer.dealt if self._dealer else 0,
            users_shared=self._dealer.shared if self._dealer else 0,
            identities=self._dealer.written if self._dealer else 0,
            mapped=self._maps.written if self._maps else 0,
            unmapped=self._maps.unmapped if self._maps else 0,
            credentials=self._credentials,
            signed=self._signed,
            dates=self._dates.moved if self._dates else 0,
        )

    def _as_known(self, step: Step, request: Request) -> Request:
        """The request of someone whom the target knows."""
        if self._static:
            request, written = with_static(step, request, self._static)
            self._credentials += written
        if self._jars:
            request = self._jars.fill(step.session, request, self._wall())
        if self._signer:
            request = self._signer.sign(request)
            self._signed += 1
        return request
