"""Two edits with the same If-Match, together: both are accepted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.showing import main
from kit.system import System


def both_accepted(system: System) -> bool:
    etag = system.send("GET", "/pages/welcome").headers["etag"]

    def edit() -> int:
        return system.send("PUT", "/pages/welcome", {"title": "Hi", "text": "x"}, {"If-Match": etag}).status

    statuses = system.together(edit, edit, edit)
    assert set(statuses) <= {200, 412}
    return statuses.count(200) > 1


if __name__ == "__main__":
    main(__file__, both_accepted, tries=5)
