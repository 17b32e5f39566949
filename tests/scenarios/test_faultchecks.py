"""Every way the faults of a scenario can be wrong is one line with its place, what is allowed, and the mend."""

# ruff: noqa: E501  (a row of the table is a line: the fault, and the whole message)

from pathlib import Path

import pytest

from foreshock.errors import UsageError
from scenarios.loading import load_scenario
from scenarios.scenario import FaultRamp, Scenario, Stop

SCENARIO = """\
version: 1
name: shop
links:
  edge: {upstream: "127.0.0.1:8001"}
  payments: {upstream: "127.0.0.1:8002"}
target: "${links.edge.url}"
stop: none
faults:
"""


def load(folder: Path, *faults: str, text: str = SCENARIO) -> Scenario:
    (folder / "shop.yaml").write_text(text + "".join(f"  - {{{fault}}}\n" for fault in faults))
    return load_scenario(folder / "shop.yaml", {})


def refusal(folder: Path, *faults: str, text: str = SCENARIO) -> str:
    with pytest.raises(UsageError) as caught:
        load(folder, *faults, text=text)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}/")


SLOW = "link: payments, kind: slow, latency_ms: 30"


def test_fraction_per_seed_and_ramp_are_read(tmp_path: Path) -> None:
    first, second = load(
        tmp_path,
        f"{SLOW}, fraction: 0.3, per: connection, seed: 7",
        f"{SLOW}, ramp: {{up: 50%, steps: 5}}, window: {{for: 20s}}",
    ).faults
    assert (first.fraction, first.per, first.seed) == (0.3, "connection", 7)
    assert second.ramp == FaultRamp(up="50%", steps=5)


def test_an_attempt_of_the_replayer_can_be_hit_on_the_link_of_the_target(tmp_path: Path) -> None:
    (fault,) = load(tmp_path, "link: edge, kind: reset, nth: {n: 1, route: GET /, attempt: 2}").faults
    assert fault.nth is not None and fault.nth.attempt == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (f"{SLOW}, fraction: 0", "9: faults[0].fraction=0: expected a number above 0 and at most 1, such as 0.3"),
        (f"{SLOW}, fraction: 30%", "9: faults[0].fraction='30%': expected a number above 0 and at most 1, such as 0.3"),
        (f"{SLOW}, fraction: 0.3, per: step", "9: faults[0].per='step': expected one of connection, request"),
        (f"{SLOW}, fraction: 0.3, seed: -1", "9: faults[0].seed=-1: expected a whole number from 0"),
        (f"{SLOW}, per: connection", "9: faults[0].per='connection': says how a fraction is drawn; give 'fraction' too, or leave it out"),
        (f"{SLOW}, seed: 3", "9: faults[0].seed=3: says how a fraction is drawn; give 'fraction' too, or leave it out"),
        (f"{SLOW}, fraction: 0.3, nth: {{n: 1, link: payments}}", "9: faults[0].fraction=0.3: nth takes exactly one; expected one of the two"),
        ("link: edge, kind: reset, fraction: 0.3, per: connection", "9: faults[0].per='connection': on link 'edge' the replayer itself draws for each attempt; expected 'request', or none"),
        (f"{SLOW}, nth: {{n: 1, link: edge}}", "9: faults[0].nth.link='edge': a connection is hit on its own link; expected 'payments', the fault's"),
        (f"{SLOW}, nth: {{n: 1, route: GET /, attempt: 2}}", "9: faults[0].nth.attempt=2: only the replayer's own requests are known by their attempts; expected nth.route on link 'edge', which the target is reached through"),
        ("link: edge, kind: reset, nth: {n: 1, link: edge, attempt: 2}", "9: faults[0].nth.attempt=2: only the replayer's own requests are known by their attempts; expected nth.route on link 'edge', which the target is reached through"),
        (f"{SLOW}, ramp: {{}}", "9: faults[0].ramp: a ramp needs a length: expected up or down, such as '5s' or '50%'"),
        (f"{SLOW}, ramp: {{up: 5}}", "9: faults[0].ramp.up=5: expected '20s', '500ms' or '30%'"),
        (f"{SLOW}, ramp: {{up: 5s, steps: 1}}", "9: faults[0].ramp.steps=1: expected a whole number from 2 to 100"),
        (f"{SLOW}, ramp: {{upp: 5s}}", "9: faults[0].ramp.upp: unknown key; did you mean 'up'? (allowed: up, down, steps)"),
        (f"{SLOW}, ramp: {{up: 5s}}, window: {{for: 3s}}", "9: faults[0].ramp: slow: a ramp of 5.0 s is longer than the 3.0 s it is for; expected up + down within it"),
        (f"{SLOW}, ramp: {{up: 60%, down: 50%}}, window: {{for: 10s}}", "9: faults[0].ramp: slow: a ramp of 11.0 s is longer than the 10.0 s it is for; expected up + down within it"),
        (f"{SLOW}, ramp: {{up: 5s}}, nth: {{n: 1, link: payments}}", "9: faults[0].ramp: nth is one moment; expected no ramp beside it"),
        ("link: payments, kind: down, ramp: {up: 5s}", "9: faults[0].ramp: down: it has no magnitude that grows; leave the ramp out (kinds with one: "),
        ("link: paymnts, kind: down", "9: faults[0].link='paymnts': not one of the links; did you mean 'payments'? (links: edge, payments)"),
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_said_at_its_line(tmp_path: Path, fault: str, message: str) -> None:
    said = refusal(tmp_path, fault)
    assert said.startswith(f"shop.yaml:{message}"), said


def test_without_a_link_to_the_target_no_attempt_can_be_hit(tmp_path: Path) -> None:
    text = SCENARIO.replace("${links.edge.url}", "http://127.0.0.1:8001")
    said = refusal(tmp_path, f"{SLOW}, nth: {{n: 1, route: GET /, attempt: 2}}", text=text)
    assert said.endswith("expected nth.route on such a link, and the target has none")


def test_two_faults_that_cannot_be_combined_are_both_named_with_their_seconds(tmp_path: Path) -> None:
    said = refusal(
        tmp_path,
        f"id: lag, {SLOW}, window: {{from: 2s, for: 20s}}",
        "id: out, link: payments, kind: down, window: {from: 10s, for: 5s}",
    )
    assert said == (
        "shop.yaml:10: faults[1]: 'lag' on link payments and 'out' on link payments from 10.0 s to 15.0 s: they can't "
        "be combined: down lets nothing through that slow could change; let one begin when the other has ended"
    )


def test_more_at_once_than_max_active_are_named_with_their_per_cent(tmp_path: Path) -> None:
    text = SCENARIO.replace("stop: none", "max_active: 1\nstop: none")
    said = refusal(
        tmp_path,
        f"id: lag, {SLOW}, window: {{from: 20%, for: 30%}}",
        "id: cut, link: edge, kind: reset, window: {from: 40%, for: 30%}",
        text=text,
    )
    assert said == (
        "shop.yaml:11: faults[1]: 'lag' on link payments and 'cut' on link edge from 40% to 50%: 2 at once, and "
        "max_active is 1; let one begin when another has ended, or raise max_active"
    )


def test_faults_need_a_stop_beside_them_and_both_forms_are_shown(tmp_path: Path) -> None:
    assert refusal(tmp_path, SLOW, text=SCENARIO.replace("stop: none\n", "")) == (
        "shop.yaml:7: faults: there are faults, and nothing says when too much has failed; add a line "
        "`stop: {failing: 80%, for: 5s}` (the shaken replay ends once 80 % of the answers of 5 s were not ok), "
        "or `stop: none`"
    )


def test_a_stop_is_read_in_both_forms_and_without_faults_none_is_needed(tmp_path: Path) -> None:
    assert load(tmp_path, SLOW).stop == "none"
    stop = load(tmp_path, SLOW, text=SCENARIO.replace("stop: none", "stop: {failing: 80%, for: 5s}")).stop
    assert stop == Stop(failing="80%", for_="5s")
    assert (stop.failing_share, stop.for_s) == (0.8, 5.0)
    assert load(tmp_path, text=SCENARIO.replace("stop: none\nfaults:\n", "")).stop is None


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        ("never", "stop='never': expected 'none', or when to stop, such as {failing: 80%, for: 5s}"),
        ("{failing: 80%}", "stop: 'for' is missing"),
        ("{failing: 80, for: 5s}", "stop.failing=80: expected per cent such as '80%'"),
        ("{failing: 0%, for: 5s}", "stop.failing='0%': expected more than '0%' and at most '100%'"),
        ("{failing: 101%, for: 5s}", "stop.failing='101%': expected more than '0%' and at most '100%'"),
        ("{failing: 80%, for: 5}", "stop.for=5: expected a duration such as '20s' or '500ms'"),
        ("{failing: 80%, for: 0s}", "stop.for='0s': expected longer than nothing, such as '5s'"),
        ("{fialing: 80%, for: 5s}", "stop.fialing: unknown key; did you mean 'failing'? (allowed: failing, for)"),
    ],
)
def test_a_stop_that_is_none_is_said_at_its_line(tmp_path: Path, stop: str, message: str) -> None:
    assert refusal(tmp_path, SLOW, text=SCENARIO.replace("none", stop)) == f"shop.yaml:7: {message}"


def test_max_active_is_at_least_one(tmp_path: Path) -> None:
    text = SCENARIO.replace("stop: none", "stop: none\nmax_active: 0")
    assert refusal(tmp_path, SLOW, text=text) == "shop.yaml:8: max_active=0: expected a whole number from 1"
