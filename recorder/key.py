"""The key of a recording's pseudonyms. It is never written; with it, the pseudonyms of two recordings are the same."""

import secrets
from pathlib import Path

from foreshock.errors import UsageError

_KEY_BYTES = 16  # at least; shorter keys can be tried out


def read_key(key_file: Path | None) -> bytes:
    """The bytes of the key file; without one a random key, which nobody will have once this process has ended."""
    if key_file is None:
        return secrets.token_bytes(32)
    try:
        key = key_file.read_bytes()
    except OSError as error:
        mend = f"make one with: head -c 32 /dev/urandom > {key_file}"
        raise UsageError(f"key_file={key_file} cannot be read ({error.strerror}); {mend}") from None
    if len(key) < _KEY_BYTES:
        raise UsageError(f"key_file={key_file} holds {len(key)} bytes; a key has {_KEY_BYTES} at least")
    return key
