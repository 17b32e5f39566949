"""The front of what is learned from a recording: `learn` it, `store` it beside the segments, `render` it."""

from pathlib import Path

from recorder.recording import Recording
from recorder.shaping.compare import THRESHOLD, Change, Comparison, compare
from recorder.shaping.learn import learn
from recorder.shaping.model import FILE_NAME, FieldShape, RouteShape, Shape, ValueCount, read_shape, write_shape
from recorder.shaping.page import CHANGES_NAME, PAGE_NAME, changes_page, page
from recorder.shaping.render import render, render_changes

__all__ = [
    "CHANGES_NAME",
    "FILE_NAME",
    "PAGE_NAME",
    "THRESHOLD",
    "Change",
    "Comparison",
    "FieldShape",
    "RouteShape",
    "Shape",
    "ValueCount",
    "changes_page",
    "compare",
    "is_sealed",
    "learn",
    "learnt",
    "page",
    "render",
    "render_changes",
    "store",
]


def store(shape: Shape, recording: Recording) -> Path:
    """Writes shape.json beside the segments; where it is. Of a sealed recording it is sealed with the same key."""
    return write_shape(shape, recording.path, key_of(recording))


def learnt(recording: Recording) -> Shape:
    """The shape that was stored of these very segments, else one learned now."""
    stored = read_shape(recording.path, key_of(recording))
    if stored is not None and stored.recording == recording.fingerprint:
        return stored
    return learn(recording)


def is_sealed(recording: Recording) -> bool:
    """Whether what is learned from it, which holds values of the traffic, has to be sealed too."""
    return any(part.manifest.sealed for part in recording.parts)


def key_of(recording: Recording) -> bytes | None:
    """What its shape is sealed with; None where it is not."""
    return next((part.encrypt_key for part in recording.parts if part.manifest.sealed), None)
