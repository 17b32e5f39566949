"""Why a HAR's entry has no response, in the words of recorder/failure.py: browsers tell it by codes of their own."""

import re

_CODE = re.compile(r"(?:net::)?(ERR_[A-Z0-9_]+)|(NS_[A-Z0-9_]+)")
_KNOWN = {
    "ERR_ABORTED": "client aborted",
    "ERR_CONNECTION_REFUSED": "upstream refused",
    "ERR_CONNECTION_RESET": "upstream reset",
    "ERR_CONNECTION_CLOSED": "upstream closed",
    "ERR_CONNECTION_ABORTED": "upstream closed",
    "ERR_EMPTY_RESPONSE": "upstream closed",
    "ERR_TIMED_OUT": "timeout",
    "ERR_CONNECTION_TIMED_OUT": "timeout",
    "NS_BINDING_ABORTED": "client aborted",
    "NS_ERROR_CONNECTION_REFUSED": "upstream refused",
    "NS_ERROR_NET_RESET": "upstream reset",
    "NS_ERROR_NET_INTERRUPT": "upstream closed",
    "NS_ERROR_NET_TIMEOUT": "timeout",
}
_TLS = re.compile(r"ERR_(?:SSL|CERT)|NS_ERROR_.*(?:SSL|CERT|SECURITY)")
STATUS_0 = "not known: the HAR has status 0"


def failure_of(said: str) -> str:
    """The reason behind a browser's code; what is no code is left out, for it may quote the traffic."""
    found = _CODE.search(said)
    if found is None:
        return STATUS_0
    code = found[1] or found[2]
    if code in _KNOWN:
        return _KNOWN[code]
    return f"{'tls' if _TLS.match(code) else 'protocol'}: {code.lower()}"
