"""`python -P -m faults.embedded`: the server as a process. Says where its API is in one JSON line on stdout."""

import argparse
import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from faults.embedded.address import AddressError
from faults.embedded.lease import Lease
from faults.embedded.realserver import RealServer, RealServerError
from faults.embedded.serving import Serving, take_all_descriptors
from faults.tap.routes import TapRoutes
from faults.tap.taps import Taps

IDLE_S = 60.0


def main() -> int:
    options = _options()
    # Ctrl-C is for the run; the links it made stay up until it says stop, or is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    take_all_descriptors()
    return uvloop.run(_serve(options))


async def _serve(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as on_the_way_out:
        try:
            serving = await Serving.start(options.host, options.port, options.seed)
            on_the_way_out.callback(serving.end)
            ready = {"api": serving.url}
            if options.toxiproxy_server is not None:
                real = await RealServer.start(options.toxiproxy_server)
                on_the_way_out.push_async_callback(real.stop)
                real.mount(serving.routes)
                ready["toxiproxy"] = real.url
        except (AddressError, RealServerError) as error:
            print(error, file=sys.stderr)  # noqa: T201  # the owner reads it
            return 3
        if options.lease:
            taps = Taps()
            on_the_way_out.callback(taps.release)
            TapRoutes(taps).mount(serving.routes)
            lease = Lease(serving.proxies, taps, stop, idle_s=options.idle_s)
            await lease.start()
            on_the_way_out.callback(lease.end)
        print(json.dumps(ready), flush=True)  # noqa: T201  # the owner reads it
        await stop.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -P -m faults.embedded", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8474, help="of the control API; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="decides which connections a toxicity below 1 hits")
    parser.add_argument(
        "--lease",
        action="store_true",
        help="stdin is the owner's: 'stop' on it ends the server; its end means that the owner is dead, and then "
        "toxics are removed and traffic passes until none came for --idle-s",
    )
    parser.add_argument("--idle-s", type=float, default=IDLE_S)
    parser.add_argument("--toxiproxy-server", type=Path, help="a real one to start on a free port, and stop at the end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
