"""How the control API says no."""


class ApiError(Exception):
    """An HTTP status, and a message: Toxiproxy's where it has one."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
