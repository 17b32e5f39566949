"""What tests of every room share: on which engine of faults a test runs, and whether the real one is here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.engine import choose, tool_folders
from foreshock.errors import ForeshockError


@pytest.fixture(autouse=True, scope="session")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Heal journals of tests, and of processes that they start, are not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(params=["embedded", pytest.param("toxiproxy", marks=pytest.mark.toxiproxy)])
def engine(request: pytest.FixtureRequest) -> str:
    """The test runs twice: with the embedded server, and with a real Toxiproxy."""
    return str(request.param)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`toxiproxy` tests are skipped with the reason where there is no real server; in CI that is a failure."""
    if item.get_closest_marker("toxiproxy") is None:
        return
    try:
        choose("toxiproxy", os.environ, tool_folders())
    except ForeshockError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
