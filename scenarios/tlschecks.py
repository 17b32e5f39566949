"""What the types alone can't say of `tls`: a target that has none, files that are not there or hold something else."""

from __future__ import annotations

from pathlib import Path

from foreshock.errors import UsageError
from replayer.target import Tls
from replayer.wire.tls import context
from scenarios.scenario import ScenarioFile, TargetTls
from scenarios.yamlfile import Document

_FILES = ("ca", "certificate", "key")


def check_tls(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError at the first one."""
    if scenario.tls is None:
        return
    if not scenario.target.startswith("https://"):
        problem = f"nothing is verified of target={scenario.target}; expected one such as 'https://localhost:8443'"
        raise document.error(("tls",), problem)
    folder = Path(document.file).parent
    for name in _FILES:
        file = getattr(scenario.tls, name)
        if file is not None and not (folder / file).is_file():
            raise document.error(("tls", name), "no such file; paths start from the scenario's folder")
    _check_contents(document, scenario.tls, folder)


def _check_contents(document: Document, tls: TargetTls, folder: Path) -> None:
    ca, certificate, key = (None if file is None else str(folder / file) for file in (tls.ca, tls.certificate, tls.key))
    files = (("ca", Tls(ca_file=ca)), ("certificate", Tls(certificate_file=certificate, key_file=key)))
    for name, part in files:
        if part == Tls():
            continue
        try:
            context(part, ())
        except UsageError as error:
            raise UsageError(f"{document.file}:{document.line(('tls', name))}: {error}") from None
