from foreshock.clock import Anchor
from recorder.listen.signal import LogLine, Sample
from replayer.outcome import History
from replayer.plan import Header, Plan
from scenarios.execution import Execution
from scenarios.signals.differing import differs


def execution(
    said: tuple[str, ...] = (), started_s: float = 0.0, took_s: float = 1.0, **metrics: tuple[float, float]
) -> Execution:
    """Its lines are said half a second after its start; `metrics` are the values before and after."""
    ended_s = started_s + took_s
    return Execution(
        plan=Plan(Header(name="p"), ()),
        history=History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=()),
        results=(),
        instance=1,
        started_s=started_s,
        ended_s=ended_s,
        replay_started_s=started_s + 0.1,
        log_lines=tuple(LogLine(started_s + 0.5, "shop", "WARN", template) for template in said),
        samples=tuple(
            Sample(t_s, "shop", name, value)
            for name, values in metrics.items()
            for t_s, value in zip((started_s, ended_s), values, strict=True)
        ),
    )


def test_a_template_of_every_failing_run_and_of_no_control_tells_them_apart() -> None:
    fails = [execution(("cut", "retry"), started_s=7.0), execution(("retry", "cut", "once"))]
    moved = differs(fails, [execution(("retry",)), execution()])
    assert [each.signal for each in moved] == ['shop log WARN "cut"']
    assert moved[0].how == "said in 2 of 2 failing runs and in 0 of 2 controls"
    assert abs(moved[0].moved_at_s - 0.4) < 1e-9
    assert moved[0].lead_s is None


def test_a_metric_that_always_changed_by_more_than_in_any_control_tells_them_apart() -> None:
    fails = [execution(leaked=(3, 4), steady=(1, 2)), execution(leaked=(0, 2), steady=(1, 1))]
    controls = [execution(leaked=(5, 5), steady=(1, 2)), execution(leaked=(2, 1), steady=(1, 1))]
    moved = differs(fails, controls)
    assert [each.signal for each in moved] == ["shop metric leaked"]
    assert moved[0].how == "changed by 1 to 2 in failing runs, by -1 to 0 in controls"


def test_a_counter_that_restarted_is_no_fall() -> None:
    assert differs([execution(errors_total=(9, 1))], [execution(errors_total=(9, 9))])[0].how.startswith(
        "changed by 1 "
    )


def test_a_series_that_only_failing_runs_have_counts_from_nothing() -> None:
    moved = differs([execution(timeouts_total=(0, 1))], [execution()])
    assert [each.signal for each in moved] == ["shop metric timeouts_total"]


def test_what_only_follows_the_clock_tells_nothing() -> None:
    slow = execution(took_s=5.0, uptime=(0, 5))
    assert differs([slow], [execution(uptime=(0, 1))]) == ()


def test_one_side_alone_tells_nothing() -> None:
    assert differs([execution(("cut",))], []) == ()
    assert differs([], [execution(("cut",))]) == ()
