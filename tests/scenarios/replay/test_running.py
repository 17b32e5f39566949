"""Replays of recordings and plans against a shop on loopback, from the order to the exit code and the folder."""

import io
import itertools
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from foreshock.errors import HarnessError, InvalidRun, UsageError
from recorder.exchange import Content, Exchange, Header
from recorder.recording import Recording
from replayer.from_recording import plan_of
from replayer.outcome import Outcome
from replayer.plan import Budget
from replayer.planfile import write_plan
from replayer.traffic.looping import Loop
from replayer.traffic.selection import Selection
from scenarios.replay.running import run_replay
from scenarios.replay.telling import Telling
from scenarios.report.write import write_report
from scenarios.runfolder import Run

Recorded = Callable[..., Path]
Bought = Callable[..., list[Exchange]]
Make = Callable[..., Exchange]


def the_run(tmp_path: Path) -> Run:
    (folder,) = (tmp_path / "runs").iterdir()
    return Run.open(folder)


def test_a_recording_is_done_again_with_the_ids_that_the_target_makes(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    assert run_replay(ordered(recorded(bought(10)), shop.url), telling) == 0
    assert sum(line.startswith("POST /orders") for line in shop.seen) == 10
    assert {line.removeprefix("GET /orders/") for line in shop.seen if line.startswith("GET")} == shop.orders
    said = paper.getvalue()
    assert "20 of 20 with the recorded status (100 %)" in said
    assert "10 bound" in said and "bindings  10 held" in said
    assert "SAME  20 of 20 requests" in said
    assert "again    foreshock replay shop.rec" in said
    run = the_run(tmp_path)
    (phase,) = run.record.phases
    assert (phase.name, phase.sent, phase.compared, phase.same_status) == ("replay", 20, 20, 20)
    assert (run.record.result, run.record.command) == ("passed", "foreshock replay shop.rec")
    assert len(list(run.outcomes())) == 20


def test_a_binding_whose_step_was_answered_otherwise_is_doubted(
    shop, recorded: Recorded, bought: Bought, exchange: Make, ordered, telling: Telling, paper: io.StringIO
) -> None:
    made, _ = bought(1)
    read = exchange(0.01, "c0", "GET", "/orders/00000000decade", 409, b"{}")
    run_replay(ordered(recorded([made, read]), shop.url, least_same=0.5), telling)
    said = paper.getvalue()
    assert "bindings  1 doubtful" in said
    assert "path:1 of GET /orders/{id}, from json:$.id of s1 (s2): status 200, recorded 409" in said


def test_the_folder_is_reported_from_itself_alone(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    run_replay(ordered(recorded(bought(3)), shop.url), telling)
    folder = the_run(tmp_path).path
    page, junit = folder / "report.html", folder / "junit.xml"
    before = page.read_bytes(), junit.read_bytes()
    assert write_report(folder) == page
    assert (page.read_bytes(), junit.read_bytes()) == before
    assert b'errors="0"' in before[1]
    assert b'failures="0"' in before[1]
    assert b"answers are as recorded" in before[0]


def test_answers_that_differ_are_exit_1_and_told_by_route(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    assert run_replay(ordered(recorded(bought(10)), shop.url, bindings=False), telling) == 1
    said = paper.getvalue()
    assert "GET /orders/{id}  200       404        10" in said
    assert "DIFFERENT  10 of 20 requests (50 %) were answered as recorded; 99 % are asked for" in said
    run = the_run(tmp_path)
    assert run.record.result == "findings"
    assert b"Answers differ from the recorded ones" in (run.path / "report.html").read_bytes()
    assert b'failures="1"' in (run.path / "junit.xml").read_bytes()


def test_whole_answers_are_compared_under_masks_that_a_calm_replay_taught(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    recording, masks = recorded(bought(20)), tmp_path / "masks.yaml"
    assert run_replay(ordered(recording, shop.url, learn_masks_file=masks), telling) == 0
    assert "1 mask learned into" in paper.getvalue()
    assert run_replay(ordered(recording, shop.url, masks_file=masks), telling) == 0
    assert "40 of 40 answers are the same" in paper.getvalue()
    shop.extra = {"state": "lost"}
    assert run_replay(ordered(recording, shop.url, masks_file=masks), telling) == 1
    assert "json:$.state" in paper.getvalue()
    with pytest.raises(UsageError, match="a plan holds no answers to compare with"):
        run_replay(ordered(tmp_path / "plan.yaml", shop.url, masks_file=masks), telling)


def test_masks_that_could_not_be_written_are_refused_before_anything_is_sent(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        run_replay(ordered(recorded(bought(2)), shop.url, learn_masks_file=tmp_path / "none" / "masks.yaml"), telling)
    assert shop.seen == []


def test_a_replay_that_says_nothing_teaches_no_masks(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    masks = tmp_path / "masks.yaml"
    masks.write_text("read and corrected by a person")
    too_late = Budget(late_p99_s=0.0)
    assert run_replay(ordered(recorded(bought(5)), shop.url, learn_masks_file=masks, budget=too_late), telling) == 3
    assert masks.read_text() == "read and corrected by a person"
    assert "no masks are learned" in paper.getvalue()


def test_clones_and_rounds_are_compared_with_the_answers_of_whom_they_are_made(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    masks = tmp_path / "masks.yaml"
    selection = Selection(scale=3, loop=Loop(rounds=2), speed=5.0)
    order = ordered(recorded(bought(5)), shop.url, selection=selection, learn_masks_file=masks)
    assert run_replay(order, telling) == 0
    assert run_replay(replace(order, masks_file=masks, learn_masks_file=None), telling) == 0
    assert "60 of 60 answers are the same" in paper.getvalue()


def test_so_many_may_differ_as_is_allowed(shop, recorded: Recorded, bought: Bought, ordered, telling: Telling) -> None:
    assert run_replay(ordered(recorded(bought(10)), shop.url, bindings=False, least_same=0.5), telling) == 0


def test_cookies_are_the_targets_own_and_credentials_the_scenarios(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shop,
    recorded: Recorded,
    bought: Bought,
    exchange: Make,
    ordered,
    telling: Telling,
    paper: io.StringIO,
) -> None:
    shop.cookie = "sid=of-the-target"
    monkeypatch.setenv("SHOP_TOKEN", "fresh")
    scenario = tmp_path / "shop.yaml"
    scenario.write_text(
        "version: 1\nname: shop\nallow: [127.0.0.1]\ntarget: http://127.0.0.1:1\nauth: {bearer: SHOP_TOKEN}\n"
        "invariants: [{name: there, http: {get: http://127.0.0.1:1/}, expect: status == 200}]\n"
    )
    old = (Header("Cookie", "sid=recorded"), Header("Authorization", "Bearer recorded"))
    first, second = exchange(0.0, "a", "GET", "/in", 200, b"{}"), exchange(0.1, "a", "GET", "/me", 200, b"{}")
    second = replace(second, request=replace(second.request, headers=old))
    assert run_replay(ordered(recorded([first, second]), shop.url, scenario_file=scenario), telling) == 0
    assert shop.credentials[1] == ("sid=of-the-target", "Bearer fresh")
    assert "filled    1 cookies from jars, 1 credentials" in paper.getvalue()


def test_a_body_that_is_not_in_the_recording_is_told_and_decides_nothing(
    shop, recorded: Recorded, bought: Bought, exchange: Make, ordered, telling: Telling, paper: io.StringIO
) -> None:
    upload = exchange(0.5, "u", "POST", "/orders", 201, b"{}")
    upload = replace(upload, request=replace(upload.request, post_data=Content(size=9_000_000, digest="d")))
    assert run_replay(ordered(recorded([*bought(3), upload]), shop.url), telling) == 3
    said = " ".join(paper.getvalue().split())
    assert "not sent 1: " in said
    assert "body not kept" in said
    assert "UNKNOWN 6 of 6 requests (100 %) were answered as recorded" in said


def test_lateness_beyond_its_bound_makes_the_verdict_unknown(
    shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    assert run_replay(ordered(recorded(bought(5)), shop.url, budget=Budget(late_p99_s=1e-9)), telling) == 3
    assert "UNKNOWN  we were late ourselves" in paper.getvalue()


def test_a_target_that_refuses_is_no_verdict(
    tmp_path: Path, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    with pytest.raises(
        HarnessError, match=r"nothing accepts connections at 127\.0\.0\.1:1; start it\. Nothing was sent"
    ):
        run_replay(ordered(recorded(bought(1)), "http://127.0.0.1:1"), telling)
    assert the_run(tmp_path).record.result == "invalid"


def test_no_host_but_loopback_is_sent_traffic_unasked_the_recorded_system_least_of_all(
    tmp_path: Path, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    recording = recorded(bought(1))
    with pytest.raises(UsageError, match=r"it is the system that was recorded; .* say --allow shop\.example"):
        run_replay(ordered(recording, "http://shop.example"), telling)
    with pytest.raises(UsageError, match="no host but loopback is sent traffic unasked"):
        run_replay(ordered(recording, "http://other.example", allow=("shop.example",)), telling)
    assert not (tmp_path / "runs").exists()


def test_an_empty_recording_and_a_selection_of_nothing_say_so(
    shop, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    recording = recorded(bought(1))
    with pytest.raises(UsageError, match=r"nothing of it is selected .*: 2; nothing in the traffic fits PUT"):
        run_replay(ordered(recording, shop.url, selection=Selection(only=("PUT *",))), telling)
    for segment in recording.glob("*.zst"):
        segment.unlink()
    with pytest.raises(InvalidRun, match=r"holds no exchanges \(.*, so there is nothing to replay"):
        run_replay(ordered(recording, shop.url), telling)


def test_a_torn_recording_is_replayed_up_to_the_tear_and_told(
    shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, paper: io.StringIO
) -> None:
    recording = recorded(bought(3), clock=itertools.count().__next__)  # a frame for each line
    (segment,) = recording.glob("exchanges-*.zst")
    segment.write_bytes(segment.read_bytes()[:-20])
    assert run_replay(ordered(recording, shop.url), telling) == 0
    assert len(shop.seen) == 5
    assert "read up to the cut" in " ".join(paper.getvalue().split())


def test_a_recording_of_an_unknown_version_is_refused(
    shop, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    recording = recorded(bought(1))
    manifest = json.loads((recording / "manifest.json").read_text())
    (recording / "manifest.json").write_text(json.dumps({**manifest, "version": 99}))
    with pytest.raises(UsageError, match="version=99, this Foreshock reads 1 to"):
        run_replay(ordered(recording, shop.url), telling)


def test_a_sealed_recording_opens_with_its_key_alone(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling
) -> None:
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    recording = recorded(bought(2), encrypt_key=key.read_bytes())
    with pytest.raises(UsageError, match="is sealed"):
        run_replay(ordered(recording, shop.url), telling)
    assert run_replay(ordered(recording, shop.url, encrypt_key_file=key), telling) == 0


@pytest.mark.parametrize("name", ["shop.yaml", "shop.jsonl.zst"])
def test_a_plans_file_is_replayed_too_with_what_is_selected_of_it(
    tmp_path: Path, shop, recorded: Recorded, bought: Bought, ordered, telling: Telling, name: str
) -> None:
    write_plan(plan_of(Recording.open(recorded(bought(5))), name="shop", seed=1), tmp_path / name)
    selection = Selection(sessions=("c1", "c2"), loop=Loop(rounds=2), scale=2, speed=10.0)
    assert run_replay(ordered(tmp_path / name, shop.url, selection=selection), telling) == 0
    assert (len(shop.orders), len(shop.seen)) == (8, 16)


def test_an_engine_that_dies_is_ours_and_what_was_seen_until_then_is_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shop,
    recorded: Recorded,
    bought: Bought,
    ordered,
    telling: Telling,
    paper: io.StringIO,
) -> None:
    async def dying(*arguments: object) -> None:
        *_, on_outcome, _ = arguments
        assert callable(on_outcome)
        on_outcome(Outcome(step="s1", session="a", route="GET /", due_s=0.0, not_sent="stopped"))
        raise HarnessError("the replay's engine ended by signal 9 before its work was done")

    monkeypatch.setattr("scenarios.replay.running.send", dying)
    with pytest.raises(HarnessError, match="ended by signal 9"):
        run_replay(ordered(recorded(bought(2)), shop.url), telling)
    run = the_run(tmp_path)
    assert (run.record.result, [seen.step for seen in run.outcomes()]) == ("invalid", ["s1"])
    assert "UNKNOWN  the replay's engine ended by signal 9" in paper.getvalue()


def test_ctrl_c_waits_for_what_is_under_way_and_tells(
    tmp_path: Path, shop, recorded: Recorded, exchange: Make, ordered, telling: Telling, paper: io.StringIO
) -> None:
    calls = [exchange(n * 0.05, "a", "GET", "/slow", 200, b"{}") for n in range(400)]

    def stop_when_some_were_sent() -> None:
        while len(shop.seen) < 5:
            pass
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=stop_when_some_were_sent).start()
    assert run_replay(ordered(recorded(calls), shop.url), telling) == 130
    said = paper.getvalue()
    assert "INTERRUPTED" in said
    assert "again    foreshock replay" in said
    record = the_run(tmp_path).record
    assert record.result == "interrupted"
    assert record.phases[0].sent == len(shop.seen)
    assert record.phases[0].unknown == 0  # what was under way was answered
