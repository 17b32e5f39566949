"""A decoded body without what is private in it, by what it is: JSON, form, multipart, events, text, or bytes."""

import re
from collections.abc import Iterator

from recorder.coding import CannotDecode, coding_of
from recorder.privacy import kinds
from recorder.privacy.layers import as_bytes, as_text, magic_of, unbased, unescaped
from recorder.privacy.memory import Plain
from recorder.privacy.pairs import redact_pairs
from recorder.privacy.signs import generic
from recorder.privacy.values import Values

_FORM = re.compile(rb"(?!\S*=\Z)[\w.\[\]%+-]+=[^&\s]*(?:&[\w.\[\]%+-]+=[^&\s]*)*")
_PICTURES = ("image/", "audio/", "video/", "font/", "application/wasm", "application/pdf", "application/zip")
_CODE = ("javascript", "ecmascript", "css")
_PART_NAME = re.compile(rb'(?:^|[;\s])name="?([^";\r\n]*)', re.IGNORECASE)
_PART_TYPE = re.compile(rb"^content-type:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r'boundary="?([^";,]+)')
_EVENT = re.compile(r"^(data: ?)(.+)$", re.MULTILINE)
_PACKED = re.compile(r"[\w+/=%.:~&?-]{8,}")
_WRITING = re.compile(rb"[\x20-\x7e\t\r\n]{6,}")


class Bodies:
    """Redacts bodies; remembers which texts of those that come often (pages, scripts) hold nothing."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._plain = Plain()

    def redacted(self, content_type: str, body: bytes, depth: int = 3) -> bytes:
        """The same bytes if nothing in it is private. CannotDecode if it cannot be looked into."""
        action = self._values.rules.at("body", content_type.partition(";")[0].strip() or "-")
        if action is not None and action.name == "keep":
            return body
        if action is not None:
            return as_bytes(self._values.acted(action, as_text(body)) or "")
        if content_type.startswith("multipart/"):
            return self._multipart(content_type, body, depth)
        if "form-urlencoded" in content_type or (not content_type and _FORM.fullmatch(body)):
            return as_bytes(redact_pairs(self._values, as_text(body), "form"))
        if "json" in content_type or body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            if b"\x00" in body[:4]:
                raise CannotDecode("JSON in UTF-16 or UTF-32")
            return as_bytes(self._values.json(as_text(body)))
        return self._other(content_type, body, depth)

    def redacted_text(self, content_type: str, text: str) -> str:
        """The same, of a body that is UTF-8: most are, and most of these JSON."""
        if content_type.startswith("application/json") and not self._values.rules and "\x00" not in text[:4]:
            return self._values.json(text)
        return as_text(self.redacted(content_type, text.encode()))

    def _other(self, content_type: str, body: bytes, depth: int) -> bytes:
        if content_type.startswith(_PICTURES) and "svg" not in content_type:
            return body
        coding = magic_of(body)
        if coding is not None and depth:
            plain = coding_of(coding).decode(body)
            new = self.redacted("", plain, depth - 1)
            return body if new == plain else coding_of(coding).encode(new)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return as_bytes(self._text(content_type, as_text(body))) if "text/" in content_type else self._bytes(body)
        return as_bytes(self._text(content_type, text))

    def _text(self, content_type: str, text: str) -> str:
        if text in self._plain:
            return text
        values = self._values
        if "graphql" in content_type:
            return values.graphql(text)
        if "event-stream" in content_type:
            return _EVENT.sub(lambda line: line[1] + values.value(line[2]), text)
        if "\n" not in text and "<" not in text and "\x00" not in text:
            return values.value(text)  # short ones may be a value: an e-mail, a token, a URL, base64
        new = values.free(text, is_code=any(code in content_type for code in _CODE))
        if new == text and not values.strict:
            self._plain.add(text)
        return new

    def _bytes(self, body: bytes) -> bytes:
        """What is no text keeps its length: lengths may stand in it. Of each kind the signs keep their classes."""
        if self._values.strict:
            raise CannotDecode("not text, and nothing allows it")
        return _WRITING.sub(lambda run: self._run(run[0]), body)

    def _run(self, run: bytes) -> bytes:
        text = run.decode("ascii")
        for one in reversed(kinds.find(text)):
            value = text[one.start : one.end]
            stand_in = self._values.secret(value)
            if len(stand_in) != len(value):
                stand_in = generic(value, stand_in.encode()) if stand_in != value else value
            text = text[: one.start] + stand_in + text[one.end :]
        return _PACKED.sub(self._packed, text).encode("ascii", "replace")

    def _packed(self, run: re.Match[str]) -> str:
        """What is percent-encoded or base64, of the same length if something private is in it."""
        packed = run[0]
        if not (unescaped(packed) or unbased(packed)) or self._values.value(packed) == packed:
            return packed
        return generic(packed, self._values.secret(packed).encode())

    def _multipart(self, content_type: str, body: bytes, depth: int) -> bytes:
        """Each part by its name, and by its own type (RFC 7578)."""
        boundary = _BOUNDARY.search(content_type)
        first = body.partition(b"\r\n")[0]
        mark = b"--" + boundary[1].encode("latin-1", "replace") if boundary else first
        if not mark.startswith(b"--") or mark not in body:
            mark = first if first.startswith(b"--") else mark
        pieces = body.split(mark) if mark.strip(b"-") else [body]
        return mark.join(self._parts(pieces, depth))

    def _parts(self, pieces: list[bytes], depth: int) -> Iterator[bytes]:
        for piece in pieces:
            head, gap, content = piece.partition(b"\r\n\r\n")
            if not gap:
                yield piece if not piece.strip(b"-\r\n") else as_bytes(self._values.free(as_text(piece)))
                continue
            inside = content.removesuffix(b"\r\n")
            new = self._part(head, inside, depth)
            yield self._part_head(head) + gap + new + content[len(inside) :]

    def _part_head(self, head: bytes) -> bytes:
        return as_bytes(self._values.free(as_text(head), is_code=True))

    def _part(self, head: bytes, content: bytes, depth: int) -> bytes:
        name_match, type_match = _PART_NAME.search(head), _PART_TYPE.search(head)
        name = as_text(name_match[1]) if name_match else ""
        action = self._values.rules.at("form", name)
        if action is not None:
            return as_bytes(self._values.acted(action, as_text(content)) or "")
        if b"filename" in head or (type_match and not type_match[1].startswith(b"text/plain")):
            file_type = as_text(type_match[1]).lower() if type_match else ""
            return (
                self.redacted(file_type, content, depth - 1)
                if depth
                else as_bytes(self._values.secret(as_text(content)))
            )
        return as_bytes(self._values.value(as_text(content), self._values.naming_of(name), name))
