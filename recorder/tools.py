"""What a recording says of the proxy that made it."""

from importlib.metadata import version


def tools() -> dict[str, str]:
    """Name and version of mitmproxy, without loading it."""
    return {"mitmproxy": version("mitmproxy")}
