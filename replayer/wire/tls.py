"""How TLS is spoken to a target: a context of `ssl` made of the data that a target carries."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from foreshock.errors import UsageError
from replayer.target import Tls

_TRUSTED_BY = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # OpenSSL's: they name what is trusted instead of the machine's own


class Contexts(NamedTuple):
    http1: ssl.SSLContext  # for WebSockets too
    h2: ssl.SSLContext  # offers both


def contexts(tls: Tls) -> Contexts:
    """Those of a target, made once a process: reading what a machine trusts takes tens of milliseconds, in which
    nothing else is sent. Whoever has a clock to keep calls this before it begins. Raises UsageError naming the file.
    """
    return _made(tls, *map(os.environ.get, _TRUSTED_BY))


@lru_cache(maxsize=16)
def _made(tls: Tls, *_trusted: str | None) -> Contexts:
    return Contexts(http1=context(tls, ["http/1.1"]), h2=context(tls, ["h2", "http/1.1"]))


def context(tls: Tls, alpn: Sequence[str]) -> ssl.SSLContext:
    """A client's context that offers `alpn` and verifies, unless told otherwise. Raises UsageError naming the file."""
    made = _trusting(tls.ca_file)
    made.set_alpn_protocols(list(alpn))
    if tls.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if tls.certificate_file is not None:
        try:
            made.load_cert_chain(tls.certificate_file, tls.key_file, password=_no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            where = f"tls.certificate={tls.certificate_file}" + (f", tls.key={tls.key_file}" if tls.key_file else "")
            raise UsageError(
                f"{where}: {_said(error)}; expected a certificate and its key as PEM, unencrypted"
            ) from None
    elif tls.key_file is not None:
        raise UsageError(f"tls.key={tls.key_file}: a key without tls.certificate; give both, or neither")
    return made


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UsageError(f"tls.ca={ca_file}: {_said(error)}; expected a file of PEM certificates") from None


def _no_password() -> str:
    raise ValueError("the key is encrypted")  # else OpenSSL would ask on the terminal


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or error)
