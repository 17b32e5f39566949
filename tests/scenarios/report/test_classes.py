"""How the classes of a shaken replay's steps are told."""

from replayer.comparing.shaken import Classed, Example
from scenarios.report.classes import class_lines
from scenarios.runrecord import Phase


def phase(*classes: Classed) -> Phase:
    return Phase(name="shake", started_s=0.0, ended_s=1.0, classes=classes)


def test_a_line_tells_how_many_steps_are_of_each_class_and_more_lines_tell_the_first_of_the_grave_ones() -> None:
    wrong = tuple(
        Example(step=f"s{n}", route="POST /pay", differs="json:$.total: value" if n == 1 else "") for n in (1, 2, 3)
    )
    told = phase(
        Classed(name="wrong success", count=3, first=wrong),
        Classed(name="honest failure", count=1),
        Classed(name="masked", count=1),
        Classed(name="same", count=1_204),
    )
    assert class_lines(told) == [
        "against the calm replay: 1,204 same, 1 masked by a retry, 1 honest failure, 3 wrong successes",
        "wrong success: POST /pay (s1, json:$.total: value); POST /pay (s2); …",
    ]


def test_a_phase_without_classes_has_no_line() -> None:
    assert class_lines(phase()) == []
