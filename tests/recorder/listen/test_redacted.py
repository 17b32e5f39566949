from recorder.listen.redacted import redacted_signal
from recorder.listen.signal import LogLine, Sample, Span


def redact(text: str) -> str:
    return text.replace("ada", "[x]")


def test_labels_templates_fields_and_operations_are_redacted_and_bare_names_are_ours() -> None:
    assert redacted_signal(Sample(1.0, "shop", 'a{user="ada"}', 2.0), redact).name == 'a{user="[x]"}'  # type: ignore[union-attr]
    assert redacted_signal(Sample(1.0, "shop", "ada_total", 2.0), redact) == Sample(1.0, "shop", "ada_total", 2.0)
    line = LogLine(1.0, "shop", "INFO", "hello ada", (("logger", "ada"), ("ada", "")))
    assert redacted_signal(line, redact) == LogLine(1.0, "shop", "INFO", "hello [x]", (("logger", "[x]"), ("ada", "")))
    span = Span(t_s=1.0, source="shop", operation="GET /ada", duration_s=0.5)
    assert redacted_signal(span, redact) == Span(t_s=1.0, source="shop", operation="GET /[x]", duration_s=0.5)
