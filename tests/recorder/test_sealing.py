import pytest

from recorder.sealing import HEADER_BYTES, OVERHEAD_BYTES, CannotOpen, Opener, Sealer, is_sealed, open_whole, seal_whole

KEY = bytes(range(32))
FRAMES = [b"first frame", b"", b"\x00" * 10_000]


def sealed(frames: list[bytes] = FRAMES, key: bytes = KEY) -> bytes:
    sealer = Sealer(key)
    return sealer.header + b"".join(map(sealer.seal, frames))


def opened(file: bytes, key: bytes = KEY) -> list[bytes]:
    return list(Opener.of(key, file[:HEADER_BYTES]).frames(file[HEADER_BYTES:]))


def test_what_was_sealed_opens_under_the_same_key() -> None:
    file = sealed()
    assert is_sealed(file)
    assert opened(file) == FRAMES
    assert len(file) == HEADER_BYTES + sum(len(frame) + OVERHEAD_BYTES for frame in FRAMES)


def test_nothing_of_a_frame_can_be_read_in_the_file_and_no_two_files_are_alike() -> None:
    assert b"first" not in sealed()
    assert sealed() != sealed()


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CannotOpen, match="frame 1 does not open: the key is another"):
        opened(sealed(), key=KEY[::-1])


def test_any_altered_byte_is_told() -> None:
    file = sealed([b"abcdef"])
    for at in range(12, len(file)):  # of the salt, the length, the frame, the tag
        altered = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
        with pytest.raises(CannotOpen):
            opened(altered)


def test_frames_that_are_moved_left_out_or_from_another_file_are_told() -> None:
    sealer, other = Sealer(KEY), Sealer(KEY)
    one, two = sealer.seal(b"1"), sealer.seal(b"2")
    for body in (two + one, two, one + one, other.seal(b"1")):
        with pytest.raises(CannotOpen):
            opened(sealer.header + body)


def test_a_torn_tail_opens_up_to_the_tear() -> None:
    file = sealed([b"1" * 50, b"2" * 50])[:-5]
    opener = Opener.of(KEY, file[:HEADER_BYTES])
    frames = opener.frames(file[HEADER_BYTES:])
    assert next(frames) == b"1" * 50
    with pytest.raises(CannotOpen, match="frame 2 is cut off"):
        next(frames)


@pytest.mark.parametrize("header", [b"", b"FSHKSEAL", b"\x28\xb5\x2f\xfd" + b"0" * 40])
def test_what_is_not_sealed_is_said_so(header: bytes) -> None:
    with pytest.raises(CannotOpen, match="not sealed"):
        Opener.of(KEY, header)


def test_a_newer_version_and_a_short_key_are_refused() -> None:
    with pytest.raises(CannotOpen, match="newer"):
        Opener.of(KEY, b"FSHKSEAL\x02\x00\x00\x00" + b"0" * 16)
    with pytest.raises(ValueError, match="a key of 5 bytes; expected 16"):
        Sealer(b"short")


def test_what_is_sealed_whole_opens_whole_and_not_under_another_key() -> None:
    sealed = seal_whole(b"all of it", KEY)
    assert open_whole(sealed, KEY) == b"all of it"
    for broken, key in ((sealed, b"x" * 16), (sealed[:-1], KEY), (sealed[:HEADER_BYTES], KEY), (b"{}", KEY)):
        with pytest.raises(CannotOpen):
            open_whole(broken, key)
