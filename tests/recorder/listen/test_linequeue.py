from recorder.listen.linequeue import LineQueue


def test_lines_come_out_as_they_went_in_with_when_they_came() -> None:
    instants = iter([1.0, 2.0])
    queue = LineQueue(lambda: next(instants))
    queue.put(b"a")
    queue.put(b"b" * 100_000)
    assert queue.take() == [(1.0, b"a"), (2.0, b"b" * 8000)]
    assert queue.take() == []


def test_what_finds_no_room_is_refused_and_counted_until_there_is_some() -> None:
    queue = LineQueue(lambda: 7.0, lines=3, total_bytes=4)
    for line in (b"aa", b"bb", b"c", b"", b""):
        queue.put(line)
    assert [line for _, line in queue.take()] == [b"aa", b"bb", b""]
    assert queue.refused == 2
    queue.put(b"cccc")
    assert [line for _, line in queue.take()] == [b"cccc"]
