"""The front of what is learned from a recording: `learn` it, `store` it beside the segments, `render` it."""

from pathlib import Path

from recorder.recording import Recording
from recorder.shaping.learn import learn
from recorder.shaping.model import FILE_NAME, FieldShape, RouteShape, Shape, ValueCount, read_shape, write_shape
from recorder.shaping.render import render

__all__ = ["FILE_NAME", "FieldShape", "RouteShape", "Shape", "ValueCount", "learn", "learnt", "render", "store"]


def store(shape: Shape, recording: Recording) -> Path:
    """Writes shape.json beside the segments; where it is."""
    return write_shape(shape, recording.path)


def learnt(recording: Recording) -> Shape:
    """The shape that was stored of these very segments, else one learned now."""
    stored = read_shape(recording.path)
    if stored is not None and stored.recording == recording.fingerprint:
        return stored
    return learn(recording)
