"""A Toxiproxy-compatible server: control API and data plane, run as a child process that outlives its owner.

The road of a byte: `proxy` accepts, `relay` joins two sockets by a `direction` each way, `stages` and `pacing` are the
toxics on it, `tally` and `journal` what is remembered of them and of connections.
"""
