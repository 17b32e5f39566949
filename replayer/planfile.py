"""Plans on disk: one readable YAML file for a small plan, a stream of JSON lines for any size.

Both start with `format: foreshock-plan` and `version`, then hold the header's fields, then the steps in due order.
`NAME.yaml` is read whole; of `NAME.jsonl.zst` the first line is the header and each further line a step, so that a
million steps are never in memory. What is read is validated: a plan that comes back can be run as it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from foreshock.errors import UsageError
from foreshock.replacing import replace_file
from foreshock.segment import SegmentWriter, read_segment
from replayer import yamltext
from replayer.plan import FORMAT, VERSION, Header, Plan, Step
from replayer.validating import validated, validated_steps

Record = dict[str, Any]  # a header or a step as plain data, of any version

T = TypeVar("T")

_STREAM = ".jsonl.zst"
_YAML = (".yaml", ".yml")


class Migration(msgspec.Struct, frozen=True):
    """From one version to the next: what becomes of a header and of a step."""

    header: Callable[[Record], Record]
    step: Callable[[Record], Record]


# From each version that was ever written to the one after it; walked until the current one. Version 1 is the first.
MIGRATIONS: Mapping[int, Migration] = {}


class _HeaderLine(Header, frozen=True, kw_only=True):
    """A header as it stands in a file, told from anything else by its format."""

    format: str
    version: int


class _PlanFile(_HeaderLine, frozen=True, kw_only=True):
    steps: tuple[Step, ...]


def plan_to_builtins(plan: Plan) -> Record:
    """The plan as dicts, lists, strings and numbers: format and version first, the steps last."""
    return {**_header_record(plan.header), "steps": [msgspec.to_builtins(step) for step in plan.steps]}


def plan_from_builtins(record: object, where: str) -> Plan:
    """The plan that `record` says, of any known version. Raises UsageError with `where` and the path inside."""
    found = _current(record, where)
    file = _converted(found, _PlanFile, where)
    return validated(Plan(_header_of(file), file.steps), where)


def write_plan(plan: Plan, path: Path) -> None:
    """Writes `path` by its suffix: .yaml (replaced if there) or .jsonl.zst (never over another file)."""
    if _is_stream(path):
        _write_stream(plan, path)
        return
    replace_file(path, yamltext.dump(plan_to_builtins(plan)).encode())


def read_plan(path: Path) -> Plan:
    """The plan in `path`. Raises UsageError where it is none, or cannot be run as it says."""
    if not _is_stream(path):
        return plan_from_builtins(_yaml_of(path), str(path))
    header, steps = stream_plan(path)
    return validated(Plan(header, tuple(steps)), str(path))


def stream_plan(path: Path) -> tuple[Header, Iterator[Step]]:
    """The header of the plan in `path`, and its steps as they are read. Errors of a step come when it is reached."""
    if not _is_stream(path):
        plan = read_plan(path)
        return plan.header, iter(plan.steps)
    lines = _lines(path)
    where = f"{path}:1"
    first = next(lines, None)
    if first is None:
        raise UsageError(f"{path}: empty; expected a plan's header in its first line")
    record = _json_of(first, where)
    version = _version_of(record, where)
    header = _header_of(_converted(_current(record, where), _HeaderLine, where))
    return header, validated_steps(header, _steps(lines, version, path), str(path))


def _header_record(header: Header) -> Record:
    return {"format": FORMAT, "version": VERSION, **msgspec.to_builtins(header)}


def _header_of(line: _HeaderLine) -> Header:
    return Header(**{field: getattr(line, field) for field in Header.__struct_fields__})


def _is_stream(path: Path) -> bool:
    if path.name.endswith(_STREAM):
        return True
    if path.suffix in _YAML:
        return False
    raise UsageError(f"plan={path}: expected a name that ends in .yaml or {_STREAM}")


def _write_stream(plan: Plan, path: Path) -> None:
    writer = SegmentWriter(path)
    try:
        writer.write(json.dumps(_header_record(plan.header)).encode())  # escapes what UTF-8 has not; edits may hold it
        for step in plan.steps:
            writer.write(msgspec.json.encode(step))
    finally:
        writer.close()


def _lines(path: Path) -> Iterator[bytes]:
    tears: list[str] = []
    if not path.is_file():
        raise UsageError(f"plan={path}: no such file")
    yield from read_segment(path, tears.append)
    if tears:
        raise UsageError(f"{path}: {tears[0]}; a torn plan cannot be run, write it again from its recording")


def _steps(lines: Iterator[bytes], version: int, path: Path) -> Iterator[Step]:
    decoder = msgspec.json.Decoder(Step)
    for number, line in enumerate(lines, start=2):
        try:
            yield decoder.decode(line) if version == VERSION else _migrated_step(line, version, f"{path}:{number}")
        except msgspec.DecodeError as error:
            raise UsageError(f"{path}:{number}: {_told(error)}") from None


def _migrated_step(line: bytes, version: int, where: str) -> Step:
    record = _json_of(line, where)
    for number in range(version, VERSION):
        record = MIGRATIONS[number].step(record)
    return _converted(record, Step, where)


def _yaml_of(path: Path) -> object:
    try:
        return yamltext.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"plan={path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _json_of(line: bytes, where: str) -> Record:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None
    if not isinstance(record, dict):
        raise UsageError(f"{where}: expected a JSON object")
    return record


def _version_of(record: object, where: str) -> int:
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UsageError(f"{where}: expected a plan, which starts with 'format: {FORMAT}'")
    version = record.get("version")
    if type(version) is not int or not (version == VERSION or version in MIGRATIONS):
        known = ", ".join(map(str, (*MIGRATIONS, VERSION)))
        raise UsageError(f"{where}: version: {version!r}: this Foreshock reads plans of version {known}; update it")
    return version


def _current(record: object, where: str) -> Record:
    """`record` brought to the current version, a whole plan's or a header's."""
    found: Record = dict(record) if isinstance(record, dict) else {}
    for number in range(_version_of(record, where), VERSION):
        steps = found.pop("steps", None)
        found = {**MIGRATIONS[number].header(found), "version": number + 1}
        if isinstance(steps, list):
            found["steps"] = [MIGRATIONS[number].step(step) for step in steps]
    return found


def _converted(record: object, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(record, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {_told(error)}") from None


def _told(error: msgspec.MsgspecError) -> str:
    """'steps[3].due_s: expected float, got str' for msgspec's 'Expected `float`, got `str` - at `$.steps[3].due_s`'."""
    what, _, path = str(error).replace("`", "").partition(" - at ")
    path = path.removeprefix("$").removeprefix(".")
    return (f"{path}: " if path else "") + what[:1].lower() + what[1:]
