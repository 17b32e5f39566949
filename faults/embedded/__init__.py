"""A Toxiproxy-compatible server: control API and data plane, run as a child process that outlives its owner.

The road of a byte: `proxy` accepts, `relay` joins two sockets by two pipes, `stages` and `pacing` are the toxics on
them, `journal` is what is remembered.
"""
