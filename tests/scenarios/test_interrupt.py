import asyncio
import os
import signal
from typing import Any

import pytest

from foreshock.errors import HarnessError
from scenarios.interrupt import Interrupted, run_async


async def interrupted_by(*signums: signal.Signals, healed: list[str] | None = None) -> str:
    """Work that gets signals while it waits, and heals over several turns of the loop on its way out."""
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()
    try:
        os.kill(os.getpid(), signums[0])
        return await arrived
    finally:
        for signum in signums[1:]:
            os.kill(os.getpid(), signum)
            await asyncio.sleep(0.01)
        if healed is not None:
            healed.append("healed")


def test_work_that_is_not_interrupted_gives_its_result() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return "done"

    assert run_async(work()) == "done"


def test_its_errors_are_raised_as_they_are() -> None:
    async def work() -> None:
        raise HarnessError("no system there")

    with pytest.raises(HarnessError, match="no system there"):
        run_async(work())


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_the_work_and_says_so_once_it_has_healed(signum: signal.Signals, code: int) -> None:
    healed: list[str] = []
    with pytest.raises(
        Interrupted, match=f"^interrupted by {signum.name}: faults lifted, processes stopped$"
    ) as caught:
        run_async(interrupted_by(signum, healed=healed))
    assert healed == ["healed"]
    assert caught.value.exit_code == code


def test_further_signals_wait_for_the_healing_and_are_answered(capfd: pytest.CaptureFixture[str]) -> None:
    healed: list[str] = []
    with pytest.raises(Interrupted, match="by SIGTERM"):
        run_async(interrupted_by(signal.SIGTERM, signal.SIGINT, signal.SIGTERM, healed=healed))
    assert healed == ["healed"]
    said = "foreshock: lifting the faults and stopping the processes first; a moment\n"
    assert capfd.readouterr().err == 2 * said


def test_work_that_failed_to_heal_says_that_instead() -> None:
    async def work() -> None:
        try:
            await interrupted_by(signal.SIGINT)
        finally:
            raise HarnessError("could not heal: payments")

    with pytest.raises(HarnessError, match="could not heal: payments"):
        run_async(work())


def test_a_cancellation_that_no_signal_asked_for_is_not_called_an_interruption() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_async(work())


@pytest.mark.parametrize("meaning", [signal.default_int_handler, signal.SIG_IGN])
def test_afterwards_signals_mean_what_they_meant_before(meaning: Any) -> None:
    found = signal.signal(signal.SIGINT, meaning)
    try:
        with pytest.raises(Interrupted):
            run_async(interrupted_by(signal.SIGINT))
        assert signal.getsignal(signal.SIGINT) == meaning
    finally:
        signal.signal(signal.SIGINT, found)
