"""The folder that a recording, or one recorder's part of it, is made in."""

from pathlib import Path

from foreshock.errors import UsageError


def new_folder(folder: Path) -> Path:
    """The folder, made. UsageError if it is already there, or cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise UsageError(f"out={folder} is already there and is not written over; name another or remove it") from None
    except OSError as error:
        raise UsageError(f"out={folder} cannot be made: {error.strerror}; name a folder you may write") from None
    return folder


def own_part(folder: Path, recorder: str) -> Path:
    """A folder of its own in `folder`: 'web-1', or 'web-1.2' where 'web-1' has recorded before.

    Making it is the lock: mkdir gives a name to one alone, over network file systems too, and a recorder that was
    killed keeps what it has made.

    UsageError if the id could be another folder's name, or it cannot be made.
    """
    if not recorder.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"recorder={recorder!r}: expected letters, digits, '-' and '_', such as web-1")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, 10_000):
            part = folder / (recorder if number == 1 else f"{recorder}.{number}")
            try:
                part.mkdir(mode=0o700)
                return part
            except FileExistsError:
                continue
    except OSError as error:
        raise UsageError(
            f"out={folder} cannot be recorded into: {error.strerror}; name a folder you may write"
        ) from None
    raise UsageError(f"recorder={recorder} has recorded into {folder} 9,999 times; name another")
