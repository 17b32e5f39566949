"""The control API on a port, with its proxies: what every way of running the server has in common."""

import resource
from contextlib import suppress

import foreshock
from faults.embedded.address import Port, join
from faults.embedded.own import mount_memory
from faults.embedded.proxies import Proxies
from faults.embedded.routes import Routes
from faults.embedded.wire import HttpProtocol


class Serving:
    def __init__(self, port: Port, seed: int) -> None:
        self._port = port
        self._clients: set[HttpProtocol] = set()
        self.proxies = Proxies(seed)
        self.version = f"embedded {foreshock.__version__}"
        self.routes = Routes(self.proxies, self.version)
        mount_memory(self.routes, self.proxies)

    @classmethod
    async def start(cls, host: str, port: int, seed: int) -> "Serving":
        """Listens; port 0 takes a free one. Raises AddressError."""
        serving = cls(await Port.bind(join(host, port)), seed)
        await serving._port.listen(lambda: HttpProtocol(serving.routes, serving._clients))
        return serving

    @property
    def url(self) -> str:
        return f"http://{self._port.address}"

    def end(self) -> None:
        """Every connection is closed and every port given back."""
        self._port.release()
        for client in tuple(self._clients):
            client.close()
        for proxy in self.proxies:
            proxy.release()


def take_all_descriptors() -> None:
    """As many as we may: a proxied connection takes two, and many a system starts us with 256 or 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS says 'infinite' and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
