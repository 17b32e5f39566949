"""A slice of `make prove-recorder`, which kills fifty."""

import subprocess
import sys
from pathlib import Path


def test_recorders_that_are_killed_under_load_account_for_all_but_the_last_second() -> None:
    script = Path(__file__).parents[1] / "prove_recorder.py"
    shown = subprocess.run(
        [sys.executable, "-P", str(script), "--kills", "2", "--seed", "3"], capture_output=True, text=True, timeout=100
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "2 kills (seed 3): 0 recordings not as they must be" in shown.stdout
