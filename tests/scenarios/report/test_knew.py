from scenarios.finding import Alerted, LeadTime, LeadVerdict, Moved
from scenarios.knowing import Knew, quiet
from scenarios.report.knew import knew_lines
from scenarios.runrecord import Phase
from scenarios.signals.grey import Grey
from scenarios.signals.retrying import Broken, Retrying

MOVED = Moved(
    signal="shop metric pool_in_use", source="shop", kind="metric", moved_at_s=2.0, lead_s=2.5, how="rose to 5"
)


def lead(verdict: LeadVerdict, *moved: Moved, fails: bool = True, lying: tuple[str, ...] = ()) -> LeadTime:
    return LeadTime(
        verdict=verdict,
        watched=143,
        first_failure_s=4.5 if fails else None,
        first_failure="POST /checkout answered 503" if fails else "",
        moved=moved,
        seen_in="the shaken replay",
        lying=lying,
        alerts=(Alerted(alert="pool", at_s=None, signals=1),),
    )


def lines(of: LeadTime, **told: object) -> list[tuple[str, str]]:
    knew = Knew(lead=of, quiet=quiet(of, since_s=1.0), **told)  # type: ignore[arg-type]  # each is of its own type
    return list(knew_lines(Phase(name="shake", started_s=0.0, ended_s=9.0, knew=knew)))


def test_a_warning_says_what_moved_and_how_long_before() -> None:
    assert lines(lead("WARNED", MOVED)) == [
        ("WARNED", "2.5 s before users saw it, shop metric pool_in_use rose to 5; 1 of 143 signals moved"),
        ("alert", "'pool' did not speak, though users saw failures"),
    ]


def test_silence_is_told_with_how_many_signals_said_nothing_for_how_long() -> None:
    assert ("SILENT", "0 of 143 signals moved in the 3.5 s before POST /checkout answered 503") in lines(lead("SILENT"))


def test_lies_are_told_beside_a_warning() -> None:
    told = lines(lead("WARNED", MOVED, lying=("shop's health said that it is up",)))
    assert ("LYING", "shop's health said that it is up") in told
    assert "SILENT" not in dict(told)


def test_grey_flags_and_broken_rules_are_told_though_nothing_broke() -> None:
    flag = Grey(
        signal="shop metric x", what="drifted", per_h=1.0, limit=None, to_trouble_s=None, how="rose by 1 a minute"
    )
    link = Retrying(
        link="payments", requests=3, retried=3, most_attempts=9, per_request=2.0, backoff="none", jittered=None,
        pauses_s=(), timeout_s=None, broken=(Broken(rule="SRE book", how="nine times"),),
    )  # fmt: skip
    told = lines(lead("UNKNOWN", fails=False), grey=(flag,), retrying=(link,))
    assert told == [("grey", "shop metric x rose by 1 a minute"), ("retries", "payments: nine times (SRE book)")]
