from pathlib import Path

from recorder.listen.tail import Tail


def write(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_it_begins_at_the_end_of_what_is_there_and_gives_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    write(log, b"old\n")
    tail = Tail(log)
    assert tail.read() == []
    write(log, b"one\r\ntw")
    assert tail.read() == [b"one"]
    write(log, b"o\n\nthree\n")
    assert tail.read() == [b"two", b"", b"three"]
    assert tail.read() == []
    tail.close()


def test_a_file_that_comes_later_is_read_from_its_beginning(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "a.log")
    assert tail.read() == []
    write(tmp_path / "a.log", b"first\n")
    assert tail.read() == [b"first"]
    tail.close()


def test_a_rotated_file_is_read_to_its_end_before_the_new_one(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    write(log, b"")
    tail = Tail(log)
    tail.read()
    write(log, b"one\n")
    log.rename(tmp_path / "a.log.1")
    assert tail.read() == [b"one"]
    write(tmp_path / "a.log.1", b"two\n")  # its writer has not heard of it yet
    assert tail.read() == [b"two"]
    write(log, b"three\n")
    assert tail.read() == [b"three"]
    tail.close()


def test_a_truncated_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    write(log, b"")
    tail = Tail(log)
    tail.read()
    write(log, b"a long line of before\n")
    assert tail.read() == [b"a long line of before"]
    log.write_bytes(b"new\n")
    assert tail.read() == [b"new"]
    tail.close()


def test_a_line_without_an_end_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    write(log, b"")
    tail = Tail(log)
    tail.read()
    write(log, b"x" * (3 << 20))
    for _ in range(5):
        assert tail.read() == []
    write(log, b"\nnext\n")
    first, second = tail.read()
    assert (len(first), second) == (1 << 16, b"next")
    tail.close()
