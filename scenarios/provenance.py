"""What made a run: versions of what decides its result, and the commit of the system's repository."""

from __future__ import annotations

import platform
import shutil
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

_DECIDING = ("hypothesis", "mitmproxy")
_GIT_S = 10.0  # a repository on a slow disk; no run waits longer for a commit's name


@cache
def versions() -> dict[str, str]:
    """Versions by name: ours, Python's, and those of the libraries that decide what is run."""
    libraries = {name: version(name) for name in _DECIDING}
    return {"foreshock": version("foreshock"), "python": platform.python_version(), **libraries}


def git_head(folder: Path) -> str:
    """The commit checked out in `folder`, with '+' where files differ from it; '' where there is none to be had."""
    head = _git(folder, "rev-parse", "HEAD")
    return f"{head}+" if head and _git(folder, "status", "--porcelain", "--untracked-files=no") else head


def _git(folder: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  (our own arguments; no shell)
            [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=_GIT_S
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
