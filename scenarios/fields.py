"""What the fields of a scenario may hold, each with the words that an error says is expected there."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

_DURATION = r"([0-9]+(\.[0-9]+)?(us|ms|s|m|h))+"

Name = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9][\w.-]*$", description="a name of letters, digits, '-', '_' and '.', such as 'shop'"),
]
Text = Annotated[str, Meta(min_length=1, description="text (in quotes where YAML would read something else)")]
Duration = Annotated[str, Meta(pattern=rf"^{_DURATION}$", description="a duration such as '20s' or '500ms'")]
Span = Annotated[str, Meta(pattern=rf"^({_DURATION}|[0-9]+(\.[0-9]+)?%)$", description="'20s', '500ms' or '30%'")]
Url = Annotated[
    str,
    Meta(
        pattern=r"^(https?://|\$\{)",
        description="a URL such as 'http://127.0.0.1:8080/path' or '${processes.NAME.url}/path'",
    ),
]
Address = Annotated[
    str,
    Meta(
        pattern=r"^(\S+:[0-9]+|\$\{[^{}]+\}(:[0-9]+)?)$",
        description="an address such as '127.0.0.1:8080' or '${processes.NAME.address}'",
    ),
]
Percent = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?%$", description="per cent such as '80%'")]
Count = Annotated[int, Meta(ge=1, description="a whole number from 1")]
Argument = Annotated[str, Meta(description="text (in quotes where YAML would read a number)")]
Command = Annotated[
    tuple[Argument, ...],
    Meta(min_length=1, description="a list such as [python, -m, shop, --port, '${processes.NAME.port}']"),
]
