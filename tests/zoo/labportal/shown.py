"""Two patients read their reports together, while the partner takes its time: one reads the other's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System


def leaked(system: System) -> bool:
    system.relays["ranges"].rule = always(0.03)
    signed = [system.send("POST", "/patients", {"given_name": name}).json for name in ("Ada", "Bo", "Zoë")]

    def report(token: str) -> str:
        said = system.send("GET", "/report", headers={"Authorization": f"Bearer {token}"})
        assert said.status == 200
        patient: str = said.json["patient"]["id"]
        return patient

    told = system.together(*[lambda token=each["access_token"]: report(token) for each in signed])
    return told != [each["patient"] for each in signed]


if __name__ == "__main__":
    main(__file__, leaked, tries=5)
