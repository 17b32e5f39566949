import pytest

from foreshock.errors import ForeshockError, HarnessError, InvalidRun, UsageError


@pytest.mark.parametrize(("kind", "exit_code"), [(UsageError, 2), (HarnessError, 3), (InvalidRun, 3)])
def test_every_error_of_ours_has_an_exit_code_that_is_never_a_verdict(
    kind: type[ForeshockError], exit_code: int
) -> None:
    assert kind("x=1: expected 2").exit_code == exit_code
    assert kind.exit_code not in (0, 1)
