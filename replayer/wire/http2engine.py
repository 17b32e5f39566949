"""The `h2` library as we want it: a client that takes no pushes, with windows wide enough not to be in the way."""

from __future__ import annotations

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

from replayer.wire.reply import HEAD_LIMIT_BYTES

_STREAM_WINDOW_BYTES = 1 << 20
_CONNECTION_WINDOW_BYTES = 1 << 24
_DEFAULT_WINDOW_BYTES = 65_535  # RFC 9113, 6.9.2


def greet(h2: H2Connection) -> None:
    """The preface, our settings, and the connection's window."""
    h2.initiate_connection()
    h2.increment_flow_control_window(_CONNECTION_WINDOW_BYTES - _DEFAULT_WINDOW_BYTES)


def engine() -> H2Connection:
    """Of one connection; nothing was said yet."""
    made = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    made.local_settings = Settings(
        client=True,
        initial_values={
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW_BYTES,
            SettingCodes.MAX_HEADER_LIST_SIZE: HEAD_LIMIT_BYTES,
        },
    )
    del made.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]  # a server's to say (RFC 8441, 3)
    made.decoder.max_header_list_size = HEAD_LIMIT_BYTES
    return made
