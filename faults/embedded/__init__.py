"""A Toxiproxy-compatible server: control API and data plane, run as a child process that outlives its owner.

Toxics so far: latency, timeout, reset_peer, limit_data, noop, and a disabled proxy. The road of a byte: `proxy`
accepts, `relay` joins two sockets by two pipes, `stages` are the toxics on them, `journal` is what is remembered.
"""

SUPPORTED = ("latency", "timeout", "reset_peer", "limit_data", "noop")
