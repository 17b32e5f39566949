from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from faults.call import Call
from faults.fault import FaultEvent, Receipt
from foreshock.clock import Anchor
from foreshock.errors import HarnessError, UsageError
from recorder.listen.signal import LogLine, Sample
from replayer.outcome import Answer, Attempt, History, Outcome
from scenarios.finding import CheckResult
from scenarios.runfolder import Run, RunFolder
from scenarios.runlines import CallLine, Seen
from scenarios.runrecord import Phase, RunRecord

NOW = datetime(2026, 11, 1, 16, 6, 59, tzinfo=timezone(timedelta(hours=1)))


def a_record(*checks: CheckResult) -> RunRecord:
    return RunRecord(
        scenario="shop",
        scenario_file="shop.yaml",
        recording="shop.rec",
        seed=1,
        engine="embedded 0.1.0",
        versions={"foreshock": "0.1.0"},
        git_head="",
        command="foreshock run shop.yaml --seed 1",
        started_at="2026-11-01T15:06:59Z",
        took_s=2.0,
        result="interrupted",
        reason="the run has not ended",
        phases=(Phase(name="calm", started_s=0.0, ended_s=1.0, checks=checks),),
        search=None,
        findings=(),
    )


def an_outcome(**changes: object) -> Outcome:
    outcome = Outcome(
        step="a1",
        session="a",
        route="POST /pay",
        due_s=0.5,
        ready_s=0.5,
        sent_s=0.6,
        ended_s=0.7,
        attempts=(Attempt(sent_s=0.6, ended_s=0.7, status=201),),
        answer=Answer(
            status=201, headers=(("Set-Cookie", "sid=topsecret"),), body=b'{"card": "topsecret"}', body_bytes=21
        ),
        fate="ok",
        recorded_status=201,
    )
    return msgspec.structs.replace(outcome, **changes)


def a_history(*outcomes: Outcome, **more: object) -> History:
    return History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=outcomes, **more)  # type: ignore[arg-type]


def test_the_folder_is_named_by_utc_time_and_scenario_and_is_the_users_alone(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "runs", "The shop, at night", NOW) as folder:
        assert folder.path.name == "20261101T150659Z-the-shop-at-night"
        assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_second_run_in_the_same_second_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path, "shop", NOW) as first, RunFolder.create(tmp_path, "shop", NOW) as second:
        assert second.path.name == first.path.name + "-2"


def test_a_root_that_is_a_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(HarnessError, match="the run folder cannot be made"):
        RunFolder.create(tmp_path / "runs" / "deeper", "shop", NOW)


def test_what_is_written_is_read_back_on_the_runs_clock(tmp_path: Path) -> None:
    event = FaultEvent(t_s=0.5, fault="f1", link="payments", event="on")
    receipt = Receipt(fault="f1", link="payments", hit=True)
    signals = (Sample(3.0, "shop", "pool_in_use", 2.0), LogLine(3.1, "shop", "WARN", "took <*> ms"))
    with RunFolder.create(tmp_path, "shop", NOW) as folder:
        folder.write_history(
            "shake", a_history(an_outcome(), fault_events=(event,), receipts=(receipt,)), origin_s=10.0
        )
        folder.write_signals("shake", signals)
        folder.write_record(a_record())
    run = Run.open(folder.path)

    assert run.record == a_record()
    assert list(run.outcomes()) == [
        Seen(
            phase="shake",
            step="a1",
            session="a",
            route="POST /pay",
            due_s=10.5,
            sent_s=10.6,
            ended_s=10.7,
            attempts=1,
            status=201,
            answer_bytes=21,
            fate="ok",
            recorded_status=201,
        )
    ]
    lines = list(run.faults())
    assert [(line.event, line.receipt) for line in lines] == [
        (msgspec.structs.replace(event, t_s=10.5), None),
        (None, receipt),
    ]
    assert [line.sample or line.log for line in run.signals()] == list(signals)
    assert run.findings == ()
    assert run.tears == []


def test_calls_are_read_back_with_their_routes_and_a_folder_from_before_them_has_none(tmp_path: Path) -> None:
    call = Call(
        link="payments",
        ordinal=1,
        connection=1,
        protocol="http/1.1",
        method="POST",
        path="/charges/topsecret-17",
        started_s=0.5,
        ended="answered",
    )
    with RunFolder.create(tmp_path, "shop", NOW, redact=lambda text: text.replace("charges", "***")) as folder:
        folder.write_history("shake", a_history(calls=(call,)), origin_s=10.0)
    run = Run(folder.path, a_record(), ())
    assert list(run.calls()) == [
        CallLine(phase="shake", link="payments", connection=1, route="POST /***/{id}", started_s=10.5, ended="answered")
    ]
    (folder.path / "calls.jsonl.zst").unlink()
    assert list(run.calls()) == []


def test_no_word_of_an_answer_and_nothing_from_the_wire_in_an_error_reaches_the_disk(tmp_path: Path) -> None:
    failed = Attempt(sent_s=0.6, ended_s=0.7, error="garbage: topsecret")
    with RunFolder.create(tmp_path, "shop", NOW) as folder:
        folder.write_history("calm", a_history(an_outcome(attempts=(failed,))), origin_s=0.0)
    seen = next(iter(Run(folder.path, a_record(), ()).outcomes()))
    assert seen.error == "garbage"
    assert b"topsecret" not in msgspec.json.encode(seen)


def test_free_texts_are_redacted_before_they_are_written(tmp_path: Path) -> None:
    check = CheckResult(
        check="paid",
        verdict="violated",
        evaluated=1,
        message="saw topsecret",
        observed=[{"card": "topsecret", "n": 2, "tags": ["topsecret"]}],
    )
    history = a_history(
        an_outcome(not_sent="no value for topsecret"),
        fault_events=(FaultEvent(t_s=0.0, fault="f1", link="l", event="failed", detail="topsecret"),),
        receipts=(Receipt(fault="f1", link="l", detail="topsecret"),),
    )
    with RunFolder.create(tmp_path, "shop", NOW, redact=lambda text: text.replace("topsecret", "***")) as folder:
        folder.write_record(a_record(check))
        folder.write_history("calm", history, origin_s=0.0)
    run = Run.open(folder.path)
    assert run.record.phases[0].checks[0].observed == [{"card": "***", "n": 2, "tags": ["***"]}]
    everything = msgspec.json.encode([run.record, list(run.outcomes()), list(run.faults())])
    assert b"topsecret" not in everything


def test_a_run_that_was_killed_leaves_what_it_had_flushed(tmp_path: Path) -> None:
    now_s = 0.0
    folder = RunFolder.create(tmp_path, "shop", NOW, clock=lambda: now_s)
    folder.write_record(a_record())
    folder.write_history("calm", a_history(an_outcome()), origin_s=0.0)
    now_s = 2.0
    folder.write_history("calm", a_history(an_outcome(step="a2")), origin_s=0.0)
    # No close: what a kill leaves is what is on the disk now.
    assert [seen.step for seen in Run.open(folder.path).outcomes()] == ["a1", "a2"]
    folder.close()


def test_a_torn_last_line_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    event = FaultEvent(t_s=0.5, fault="f1", link="payments", event="on")
    with RunFolder.create(tmp_path, "shop", NOW) as folder:
        folder.write_record(a_record())
        folder.write_history("shake", a_history(fault_events=(event,)), origin_s=0.0)
    with (folder.path / "faults.jsonl").open("ab") as file:
        file.write(b'{"phase": "sha')
    run = Run.open(folder.path)
    assert [line.event for line in run.faults()] == [event]
    assert len(run.tears) == 1
    assert run.tears[0].startswith("faults.jsonl:2: not read")


def test_the_record_can_be_written_again_and_is_never_half_there(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path, "shop", NOW) as folder:
        folder.write_record(a_record())
        folder.write_record(msgspec.structs.replace(a_record(), result="passed"))
        assert Run.open(folder.path).record.result == "passed"
        assert [path.name for path in folder.path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("content", [None, b"{", b'{"scenario": 3}'], ids=["absent", "cut", "of another shape"])
def test_a_folder_without_a_readable_record_is_a_usage_error_that_names_it(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"run\.json"):
        Run.open(tmp_path)
