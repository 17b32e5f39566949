import random
from collections.abc import Callable

import pytest

from recorder.listen.logs import template_of
from recorder.listen.mining import VARIANTS, Miner

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")
HOSTS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")

Line = Callable[[random.Random], str]


def address(draw: random.Random) -> str:
    return ".".join(str(draw.randint(1, 254)) for _ in range(4))


def block(draw: random.Random) -> str:
    return f"blk_{draw.choice(('', '-'))}{draw.getrandbits(60)}"


# In the manner of LogHub's sets (https://github.com/logpai/loghub); every line is made here.
FORMATS: dict[str, tuple[Line, ...]] = {
    "HDFS": (
        lambda d: (
            f"081109 2035{d.randint(10, 59)} {d.randint(1, 999)} INFO dfs.DataNode$PacketResponder: "
            f"PacketResponder {d.randint(0, 2)} for block {block(d)} terminating"
        ),
        lambda d: (
            f"081109 2035{d.randint(10, 59)} {d.randint(1, 99)} INFO dfs.FSNamesystem: BLOCK* "
            f"NameSystem.addStoredBlock: updated: {address(d)}:50010 is added to {block(d)} size {d.getrandbits(9)}"
        ),
        lambda d: (
            f"081109 2035{d.randint(10, 59)} {d.randint(1, 99)} WARN dfs.DataNode$DataXceiver: "
            f"Got exception while serving {block(d)} to /{address(d)}:"
        ),
    ),
    "Apache": (
        lambda d: (
            f"[Sun Dec 04 04:47:{d.randint(10, 59)} 2005] [error] mod_jk child workerEnv in error state "
            f"{d.randint(1, 9)}"
        ),
        lambda d: (
            f"[Sun Dec 04 04:47:{d.randint(10, 59)} 2005] [notice] jk2_init() Found child {d.randint(1, 9999)} "
            f"in scoreboard slot {d.randint(1, 12)}"
        ),
        lambda d: (
            f"[Sun Dec 04 04:47:{d.randint(10, 59)} 2005] [error] [client {address(d)}] Directory index "
            "forbidden by rule: /var/www/html/"
        ),
    ),
    "OpenSSH": (
        lambda d: (
            f"Dec 10 06:55:{d.randint(10, 59)} LabSZ sshd[{d.randint(1, 30000)}]: Invalid user "
            f"{d.choice(NAMES)} from {address(d)}"
        ),
        lambda d: (
            f"Dec 10 06:55:{d.randint(10, 59)} LabSZ sshd[{d.randint(1, 30000)}]: Failed password for "
            f"{d.choice(NAMES)} from {address(d)} port {d.randint(1024, 65535)} ssh2"
        ),
        lambda d: (
            f"Dec 10 06:55:{d.randint(10, 59)} LabSZ sshd[{d.randint(1, 30000)}]: Connection closed by "
            f"{address(d)} [preauth]"
        ),
    ),
    "Zookeeper": (
        lambda d: (
            f"2015-07-29 17:41:{d.randint(10, 59)},747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:"
            f"FastLeaderElection@774] - Notification time out: {d.randint(100, 60000)}"
        ),
        lambda d: (
            f"2015-07-29 17:41:{d.randint(10, 59)},747 - WARN  [RecvWorker:{d.getrandbits(40)}:"
            "QuorumCnxManager$RecvWorker@762] - Connection broken for id "
            f"{d.getrandbits(40)}, my id = {d.randint(1, 3)}, error ="
        ),
        lambda d: (
            f"2015-07-29 17:41:{d.randint(10, 59)},747 - INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:"
            f"NIOServerCxnFactory@197] - Accepted socket connection from /{address(d)}:{d.randint(1024, 65535)}"
        ),
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_lines_of_a_known_format_come_to_one_template_for_each_kind(name: str) -> None:
    draw = random.Random(7)
    kinds = FORMATS[name]
    lines = [(kind, template_of(kinds[kind](draw))[1]) for kind in (draw.randrange(len(kinds)) for _ in range(600))]
    miner = Miner()
    for _, template in lines:
        miner.learn(template)
    found = {(kind, miner.of(template)) for kind, template in lines}
    assert len(found) == len({template for _, template in found}) == len(kinds)


def test_a_place_varies_once_eight_words_were_seen_at_it() -> None:
    miner = Miner()
    for name in NAMES[: VARIANTS - 1]:
        assert miner.learn(f"user {name} logged in") == f"user {name} logged in"
    assert miner.learn(f"user {NAMES[VARIANTS]} logged in") == "user <*> logged in"
    assert miner.of("user mallory logged in") == "user <*> logged in"


def test_lines_that_differ_in_what_became_of_a_thing_stay_apart() -> None:
    miner = Miner()
    for _ in range(1000):
        for state in ("accepted", "refused", "pending", "lost"):
            miner.learn(f"payment {state}")
    assert {miner.of(f"payment {state}") for state in ("accepted", "refused")} == {
        "payment accepted",
        "payment refused",
    }


def test_places_that_vary_together_are_found_one_after_the_other() -> None:
    miner, draw = Miner(), random.Random(1)
    for _ in range(500):
        miner.learn(f"{draw.choice(NAMES)} came from {draw.choice(HOSTS)}")
    assert miner.of("trent came from xray") == "<*> came from <*>"


def test_lines_of_one_word_stay_apart_however_many() -> None:
    miner = Miner()
    for name in NAMES:
        miner.learn(name)
        miner.learn(f"<*> {name}")
    assert miner.of("alice") == "alice"


def test_memory_is_bounded_and_what_was_given_up_is_counted() -> None:
    miner = Miner(most_places=100)
    for number in range(1000):
        miner.learn(f"{'abcdefghij'[number % 10]}{number:b} word{number:b} " * 3)
    assert miner.forgotten > 0
    assert len(miner._words) <= 100


def test_of_a_dump_the_beginning_is_kept() -> None:
    assert len(Miner().learn("word " * 500).split()) == 40


def test_learning_again_what_was_learnt_says_the_same() -> None:
    miner, draw = Miner(), random.Random(3)
    lines = [f"job {draw.choice(NAMES)} on {draw.choice(HOSTS)} done" for _ in range(400)]
    for line in lines:
        miner.learn(line)
    assert all(miner.of(miner.of(line)) == miner.of(line) == miner.learn(line) for line in lines)
