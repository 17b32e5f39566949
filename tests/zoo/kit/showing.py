"""Shows that a defect is real and its mend sound, with nothing but HTTP: `main` of each case's shown.py."""

import sys
from collections.abc import Callable
from pathlib import Path

from kit.system import System, started

Show = Callable[[System], bool]  # whether the state that must not be was reached


def main(file: str, show: Show, *, tries: int = 1) -> None:
    """Exits 0 if the planted service came to it within so many tries from fresh, and the fixed one never did."""
    folder = Path(file).resolve().parent
    said = [_shown(folder, fixed, show, tries) for fixed in (False, True)]
    sys.stdout.write(f"{folder.name}: planted {said[0]}, fixed {said[1]} (of {tries} tries)\n")
    if not said[0]:
        sys.exit(f"{folder.name}: the planted defect did not show in {tries} tries")
    if said[1]:
        sys.exit(f"{folder.name}: the fixed twin has the defect too")


def _shown(folder: Path, fixed: bool, show: Show, tries: int) -> int:
    """In how many tries; of the planted one only until the first."""
    shown = 0
    with started(folder, fixed=fixed) as system:
        for _ in range(tries):
            system.reset()
            shown += show(system)
            if shown and not fixed:
                break
    return shown
