"""A read that the archive answers late, and a deletion meanwhile: deleted, and read for ever."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System, until


def resurrected(system: System) -> bool:
    archive = system.relays["archive"]
    article = {"headline": "Ebbe & Flut", "content": {"lead": "Kurz."}, "tags": []}
    number = system.send("POST", "/magazines/seefahrt/articles", article).json["number"]
    path = f"/magazines/seefahrt/articles/{number}"
    archive.seen.clear()

    def delete() -> int:
        assert until(lambda: bool(archive.seen))  # the read is under way
        return system.send("DELETE", path).status

    archive.rule = lambda method, _: 0.6 if method == "GET" else 0.2
    assert system.together(lambda: system.send("GET", path).status, delete) == [200, 204]
    archive.rule = always("pass")
    assert system.send("GET", "/magazines/seefahrt/articles").json["articles"] == []
    return system.send("GET", path).status == 200


if __name__ == "__main__":
    main(__file__, resurrected, tries=3)
