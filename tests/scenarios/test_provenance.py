import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from foreshock import __version__
from scenarios.provenance import git_head, versions


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit of one file."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)  # a hook that runs the tests has its own repository in there
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "kept").write_text("as it was")
    git(folder, "init", "--quiet")
    git(folder, "add", "kept")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "first")
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_versions_are_of_what_decides_a_run() -> None:
    assert versions() == {
        "foreshock": __version__,
        "python": platform.python_version(),
        "hypothesis": version("hypothesis"),
        "mitmproxy": version("mitmproxy"),
    }


def test_the_commit_of_a_folder_is_the_repositorys_it_lies_in(repository: Path) -> None:
    (repository / "below").mkdir()
    assert git_head(repository / "below") == git(repository, "rev-parse", "HEAD")


def test_a_changed_file_marks_the_commit_and_a_new_one_does_not(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    (repository / "new").write_text("not of the repository")
    assert git_head(repository) == head
    (repository / "kept").write_text("changed")
    assert git_head(repository) == f"{head}+"


def test_there_is_no_commit_where_there_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_head(tmp_path) == ""


def test_there_is_no_commit_before_the_first(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert git_head(tmp_path) == ""


def test_without_git_there_is_no_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert git_head(repository) == ""


def test_a_git_that_hangs_holds_no_run_up(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("scenarios.provenance._GIT_S", 0.2)
    assert git_head(repository) == ""
