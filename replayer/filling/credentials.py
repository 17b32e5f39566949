"""Credentials that the target takes, for requests recorded with some; those recorded as refused go without."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.answers import Unbound
from replayer.filling.filling import Signing, Static
from replayer.plan import Request, Step

Sign = Callable[[str, str, dict[str, str], bytes], Iterable[tuple[str, str]] | dict[str, str]]


def refused(step: Step) -> bool:
    """Whether the step was recorded as one that did not say, or not truly, who it is from: it stays so.

    A 403 is one only where nothing was shown: who is known and may not is shown to be known again.
    """
    status = step.recorded.status if step.recorded else None
    return status == 401 or (status == 403 and not carries_credential(step.request))


def carries_credential(request: Request) -> bool:
    return any(name.lower() in ("authorization", "cookie", "x-api-key", "x-auth-token") for name, _ in request.headers)


def with_static(step: Step, request: Request, static: Static) -> tuple[Request, bool]:
    """The request with the credential in the place of the recorded one, and whether it had one that is not bound."""
    name = static.header.lower()
    bound = any(binding.into.lower() == f"header:{name}" for binding in step.bindings)
    if bound or not any(other.lower() == name for other, _ in request.headers):
        return request, False
    headers = tuple((other, static.value if other.lower() == name else value) for other, value in request.headers)
    return replace(request, headers=headers), True


class Signer:
    """Calls the user's function. Raises UsageError for a file or a name that is none."""

    def __init__(self, signing: Signing) -> None:
        self._name = f"{Path(signing.path).name}:{signing.name}"
        self._sign: Sign = _loaded(signing)

    def sign(self, request: Request) -> Request:
        """The request with the headers that sign it in the place of those of the same names. Raises Unbound."""
        body = request.body.raw if request.body else b""
        try:
            signed = self._sign(request.method, request.target, dict(request.headers), body)
            given = [
                (str(name), str(value)) for name, value in (signed.items() if isinstance(signed, dict) else signed)
            ]
        except Exception as error:  # noqa: BLE001 (it is the user's code: whatever it raises, the step is not sent)
            raise Unbound(f"unbound: {self._name} could not sign it: {type(error).__name__}") from None
        names = {name.lower() for name, _ in given}
        kept = [header for header in request.headers if header[0].lower() not in names]
        return replace(request, headers=tuple(kept + given))


def _loaded(signing: Signing) -> Sign:
    """By path, never by import name: a user's module must not stand for one of ours."""
    where = f"auth.sign={signing.path}:{signing.name}"
    spec = importlib.util.spec_from_file_location("foreshock_user_signing", signing.path)
    if spec is None or spec.loader is None or not Path(signing.path).is_file():
        raise UsageError(f"{where}: no such Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{where}: {type(error).__name__}: {error}") from error
    found: Any = getattr(module, signing.name, None)
    if not callable(found):
        raise UsageError(f"{where}: the file has no function of that name")
    return found  # type: ignore[no-any-return]  # whatever it takes is found out when it is called
