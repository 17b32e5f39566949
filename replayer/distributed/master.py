"""Locust's master, in a process of its own: `python -P -m replayer.distributed.master`.

Driven by pipes as the engine's process is: it deals the steps to Locust's workers, whole groups of sessions each, a
bounded way ahead, and tells what comes back. Locust holds the workers together, counts, and shows.
"""

# Locust first: it patches the standard library for gevent.
from locust import events  # isort: skip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import gevent
import msgspec
from locust.env import Environment
from locust.log import setup_logging
from locust.runners import MasterRunner

from foreshock.clock import Anchor
from foreshock.errors import ForeshockError, UsageError
from replayer.distributed import words
from replayer.distributed.pipes import Batch, Writer, read_batches
from replayer.distributed.replayuser import Replay
from replayer.distributed.roster import Member, Roster
from replayer.distributed.shares import Shares
from replayer.distributed.showing import shown
from replayer.distributed.team import Note, TeamDone, TeamJob
from replayer.process.frames import Kind, frame
from replayer.process.job import Done, Failed, Job

_LEAD_S = 1.5  # from the job to the plan's start: the workers' engines start meanwhile
_LOOK_S = 0.2


def main() -> None:
    setup_logging("WARNING")
    out = Writer(os.dup(1))
    os.dup2(2, 1)  # whoever prints here must not break a frame
    try:
        done = _run(read_batches(0), out)
    except ForeshockError as error:
        out.write(frame(Kind.FAILED, msgspec.msgpack.encode(Failed(message=str(error), usage=_is_usage(error)))))
    else:
        out.write(frame(Kind.DONE, msgspec.msgpack.encode(done)))


def _is_usage(error: ForeshockError) -> bool:
    return isinstance(error, UsageError)


def _run(batches: Iterator[Batch], out: Writer) -> TeamDone:
    """One replay: returns when every worker has told the end, or is lost."""
    first = next(batches)
    asked = msgspec.msgpack.decode(first[0][1], type=TeamJob)
    environment = Environment(user_classes=[Replay], events=events)
    runner = environment.create_master_runner(asked.team.host, asked.team.port)
    _note(out, Note(what="listening", port=runner.server.port))
    with shown(environment, asked.team), _quitting(runner):
        members = Roster(runner).gathered(asked.team.workers, asked.team.wait_s)
        shares = Shares(runner, [member.worker for member in members], asked.team.groups, out)
        anchor = _begin(runner, members, asked.job, out)
        feeding = gevent.spawn(_feed, runner, shares, first[1:], batches)
        events.test_stop.add_listener(lambda **_: shares.to_all(Kind.STOP))  # the page has a button for that
        while not shares.over:
            shares.changed.clear()
            shares.changed.wait(_LOOK_S)
            for worker in shares.look():
                _note(out, Note(what="lost", worker=worker))
        feeding.kill()
    each = {worker: msgspec.msgpack.decode(said, type=Done) for worker, said in shares.done.items()}
    return TeamDone(
        anchor=anchor,
        cpu_s=shares.cpu_s + sum(done.cpu_s for done in each.values()),
        each=each,
        lost=shares.lost,
        locust_requests=environment.stats.total.num_requests,
    )


@contextmanager
def _quitting(runner: MasterRunner) -> Iterator[None]:
    """The workers go when the block ends; what they have counted since they last said so comes first."""
    try:
        yield
    finally:
        runner.quit()


def _begin(runner: MasterRunner, members: list[Member], job: Job, out: Writer) -> Anchor:
    """All begin at one instant, each on its own clock."""
    now = Anchor.now()
    anchor = Anchor(wall_s=now.wall_s + _LEAD_S, monotonic_s=now.monotonic_s + _LEAD_S)
    for worker, clock in members:
        start = Anchor(wall_s=anchor.wall_s, monotonic_s=clock.theirs(anchor.monotonic_s))
        theirs = msgspec.structs.replace(job, anchor=start)
        runner.send_message(words.JOB, {"job": msgspec.msgpack.encode(theirs)}, worker)
        _note(out, Note(what="joined", worker=worker, within_s=clock.within_s))
    _note(out, Note(what="begins", anchor=anchor))
    gevent.spawn(runner.start, len(members), len(members))
    return anchor


def _feed(runner: MasterRunner, shares: Shares, first: Batch, batches: Iterator[Batch]) -> None:
    """Deals what comes. When nobody is there any more, neither are we, and nothing more is sent."""
    for batch in chain((first,), batches):
        for kind, content in batch:
            if kind is Kind.STEP:
                shares.deal(content)
            else:
                shares.to_all(kind)
        shares.pass_on()
    runner.quit()
    os._exit(1)


def _note(out: Writer, note: Note) -> None:
    out.write(frame(Kind.NOTE, msgspec.msgpack.encode(note)))


if __name__ == "__main__":
    main()
