"""The table of `make prove`, a line a case as it goes."""

from __future__ import annotations

from prove.result import Found, Row, Totals, told

_COLUMNS = {
    "service": 14,
    "class": 5,
    "found": 5,
    "by": 46,
    "first s": 7,
    "in all": 6,
    "plans": 9,
    "steps": 7,
    "faults": 6,
    "k/n": 7,
    "control": 7,
    "others": 6,
    "fixed": 5,
}


def head() -> str:
    line = "  ".join(f"{name:<{width}}" for name, width in _COLUMNS.items())
    return f"{line}\n{'-' * len(line)}"


def line(row: Row) -> str:
    """With a line more for each finding in the fixed twin, and for each run that said nothing."""
    one, best = row.planted, told(row)
    cells = [row.name, str(row.case.class_)]
    if one is None:
        cells += ["-"] * 4 + [""] * 6
    else:
        cells += ["yes" if best else "no", best.check if best else _others(one.findings)]
        cells += ["" if one.first_s is None else f"{one.first_s:.0f}", f"{one.took_s:.0f}"]
        cells += [f"{one.executions}+{one.all_executions - one.executions}"]
        cells += [*_against(row, best), str(len(one.findings) - (best is not None))]
    cells.append("-" if row.fixed is None else str(len(row.fixed.findings)))
    widths = _COLUMNS.values()
    lines = ["  ".join(f"{cell[:width]:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()]
    if row.fixed:
        lines += [f"    fixed twin: {each.check}: {each.message}" for each in row.fixed.findings]
    for twin, each in (("planted", row.planted), ("fixed", row.fixed)):
        if each and each.trouble:
            lines.append(f"    {twin}: {each.trouble}")
        if each and each.calm_same < 0.99 * each.calm_compared:
            lines.append(f"    {twin}: only {each.calm_same} of {each.calm_compared} statuses as recorded when calm")
    return "\n".join(lines)


def foot(totals: Totals) -> str:
    steps = "" if totals.median_times_steps is None else f", median steps {totals.median_times_steps:.2f} x the minimum"
    said = [
        f"found {totals.found} of {totals.planted}{steps}, faults exact in {totals.faults_exact}",
        f"{totals.false} findings in {totals.fixed} fixed twins",
        *(f"NOT MET: {each}" for each in totals.short),
    ]
    return "\n".join(said if totals.short else [*said, "all bounds are met"])


def _against(row: Row, best: Found | None) -> list[str]:
    if best is None:
        return [f"-/{row.case.minimum.steps}", f"-/{row.case.minimum.faults}", "", ""]
    return [
        f"{best.steps}/{row.case.minimum.steps}",
        f"{len(best.faults)}/{row.case.minimum.faults}",
        f"{best.fails}/{best.of}",
        f"{best.control_fails}/{best.control_of}",
    ]


def _others(findings: tuple[Found, ...]) -> str:
    """What was found instead."""
    return f"({findings[0].check})" if findings else ""
