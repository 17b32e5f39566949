"""Real processes, with a child each."""

import asyncio
import subprocess
import sys
import time

import pytest

from recorder.listen import figures
from recorder.listen.figures import FiguresEar
from recorder.listen.kept import Kept
from recorder.listen.signal import Sample

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print("up", flush=True)
input()
child.communicate()
print("alone", flush=True)
input()
"""


def looked(ear: FiguresEar) -> dict[str, Sample]:
    kept = Kept()
    asyncio.run(ear.look(kept))
    assert not kept.lost
    return {sample.name: sample for sample in kept.samples}


@pytest.mark.parametrize("linux_tells", [True, False])
def test_a_process_is_told_with_its_children_and_what_they_took_stays(
    linux_tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if linux_tells and not figures._LINUX_TELLS:
        pytest.skip("this system does not tell the children of a process")
    monkeypatch.setattr(figures, "_LINUX_TELLS", linux_tells)
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin and parent.stdout
        assert parent.stdout.readline() == b"up\n"
        ear = FiguresEar(lambda: {"shop": parent.pid}, lambda: 7.0)
        both = looked(ear)
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == b"alone\n"
        alone = looked(ear)
        parent.communicate(b"\n")
        gone = looked(ear)
    assert {(sample.source, sample.t_s) for sample in both.values()} == {("shop", 7.0)}
    assert (both["process_count"].value, alone["process_count"].value) == (2, 1)
    assert both["process_open_descriptors"].value > alone["process_open_descriptors"].value
    assert both["process_threads"].value >= 2
    assert both["process_resident_bytes"].value > 1 << 20
    cpu = "process_cpu_seconds_total"
    assert (both[cpu].kind, both["process_threads"].kind) == ("counter", "gauge")
    assert 0 < both[cpu].value <= alone[cpu].value
    assert gone == {}


def test_a_process_that_is_not_there_has_no_figures() -> None:
    assert looked(FiguresEar(dict, time.monotonic)) == {}
