"""A file written whole or not at all, for its owner's eyes only."""

from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """`path` with this content: a kill leaves the old file or the new one. OSError if the disk refuses."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)  # a killed writer's
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_bytes(content)
    draft.replace(path)
