from collections.abc import Callable

import pytest
from msgspec.structs import replace

from replayer.plan import Message, Step
from replayer.traffic.account import Account
from replayer.traffic.pacing import at_rate, at_speed, in_due_order

Make = Callable[..., Step]


def test_speed_draws_time_together_and_a_sockets_messages_with_it(step: Make) -> None:
    socket = replace(step(2, 3.0), protocol="websocket", messages=(Message(at_s=1.0),), lasts_s=5.0)
    one, other = at_speed([step(1, 1.0), socket], 2)
    assert (one.due_s, other.due_s, other.messages[0].at_s, other.lasts_s) == (0.5, 1.5, 0.5, 2.5)


def test_a_rate_is_the_mean_and_the_pattern_of_gaps_stays(step: Make) -> None:
    due_s = [0.0, 0.1, 0.2, 5.0, 5.1, 10.0]
    found = [each.due_s for each in at_rate((step(n, at_s) for n, at_s in enumerate(due_s)), 50.0)]
    assert found == pytest.approx([at_s * 0.01 for at_s in due_s])  # 5 gaps at 50 per second are 0.1 s


def test_each_block_of_a_long_stream_has_the_mean_whatever_the_recordings_had(step: Make) -> None:
    slow = [n * 1.0 for n in range(100)]
    fast = [100 + n * 0.01 for n in range(100)]
    found = [each.due_s for each in at_rate((step(n, at_s) for n, at_s in enumerate(slow + fast)), 10.0, 50)]
    assert found == sorted(found)
    assert [found[n] for n in (0, 50, 100, 150)] == pytest.approx([0.0, 5.0, 10.0, 15.0])
    assert found[-1] == pytest.approx(19.9, abs=0.01)


def test_steps_at_one_instant_stay_together(step: Make) -> None:
    assert [each.due_s for each in at_rate([step(n, 3.0) for n in range(4)], 1.0)] == [0.0, 0.0, 0.0, 0.0]


def test_what_is_due_before_the_one_before_it_comes_with_it_and_is_counted(step: Make) -> None:
    account = Account()
    found = in_due_order([step(1, 0.0), step(2, 2.0), step(3, 1.0), step(4, 3.0)], account)
    assert [each.due_s for each in found] == [0.0, 2.0, 2.0, 3.0]
    assert account.late == 1
