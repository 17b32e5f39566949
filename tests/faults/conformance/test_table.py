"""The table of differences in docs/toxiproxy.md: each line has its test."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_each_difference_in_the_table_has_the_test_that_it_names():
    named = re.findall(r"\| `(test_\w+)` \|$", (ROOT / "docs" / "toxiproxy.md").read_text(), flags=re.M)
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 15
    assert [name for name in named if f"def {name}(" not in tests] == []
