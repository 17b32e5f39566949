"""The mitmproxy addon that records. Works in any: `mitmdump -s recorder/addon.py --set foreshock_out=NAME.rec`.

Its options are those of `foreshock record` that say what is kept; the rest is mitmproxy's own. They hold from the
moment in which `foreshock_out` is set, which begins a recording; another value ends it, also while the proxy runs.
"""

import logging
from contextlib import ExitStack
from typing import Any

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode

from foreshock.errors import ForeshockError
from recorder.addonoptions import OPTIONS, StockOrder, order_of
from recorder.body import Cap
from recorder.intake import Intake
from recorder.key import read_key
from recorder.listen.beside import Beside
from recorder.losses import unrecorded
from recorder.passing import Passing
from recorder.privacy.policyfile import policy_of
from recorder.tools import tools
from recorder.watcher import Watcher

_log = logging.getLogger(__name__)


class StockAddon:
    """Records in a mitmproxy that is not ours: it only watches, and lets TLS pass only where mitmproxy does."""

    def __init__(self) -> None:
        self.addons: list[Any] = []  # those at work, which mitmproxy calls after this one
        self._intake: Intake | None = None
        self._beside = ExitStack()

    def load(self, loader: Loader) -> None:
        for option in OPTIONS:
            loader.add_option(option.name, option.type, option.default, option.help)

    def configure(self, updated: set[str]) -> None:
        if "foreshock_out" not in updated:
            return
        self.done()
        if ctx.options.foreshock_out:
            try:
                self._begin(order_of(lambda name: getattr(ctx.options, name)))
            except ForeshockError as error:
                raise exceptions.OptionsError(str(error)) from None  # type: ignore[no-untyped-call]

    def done(self) -> None:
        """Ends the recording, and says what it holds."""
        intake, self._intake = self._intake, None
        if intake is None:
            return
        for addon in self.addons:
            if isinstance(addon, Watcher):
                addon.done()
        self.addons = []
        self._beside.close()
        counts = intake.close()
        for line in unrecorded(intake.passed):
            _log.warning("foreshock: %s", line)
        _log.info("foreshock: recorded %s: %s", intake.folder, counts)

    def _begin(self, order: StockOrder) -> None:
        policy = policy_of(order.policy_file, strict=order.strict)
        key = read_key(order.key_file)
        intake = Intake.into(
            order.out,
            upstream=" ".join(map(_upstream, ctx.options.mode)),
            key=key,
            tools=tools(),
            policy=policy,
            recorder=order.recorder,
            encrypt_key=read_key(order.encrypt_key_file) if order.encrypt_key_file else None,
            keeping=order.keeping,
            on_failure=lambda line: _log.error("foreshock: %s", line),
        )
        if order.sources:
            self._beside.enter_context(Beside(order.sources, intake, intake.anchor.elapsed_s))
        watcher = Watcher(intake, cap=Cap(order.keeping.body_cap_bytes or 0, key))
        self.addons = [watcher, Passing(intake.pass_by, lets_pass=False)]
        self._intake = intake


def _upstream(mode: str) -> str:
    """The URL of a reverse mode's upstream; of another mode, where clients choose, its name."""
    spec = ProxyMode.parse(mode)
    if not isinstance(spec, ReverseMode):
        return spec.type_name
    host, port = spec.address
    return f"{spec.scheme}://[{host}]:{port}" if ":" in host else f"{spec.scheme}://{host}:{port}"


addons = [StockAddon()]  # what a stock mitmproxy loads
