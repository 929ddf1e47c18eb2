"""Server: the page on a port of this machine, for a command or a notebook."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable

import uvicorn

from abm.core.errors import Refusal
from abm.serve.app import app_of
from abm.serve.desk import Desk

HOST = "127.0.0.1"
_PATIENCE_S = 30.0  # until a server in a thread answers


class PageServer:
    """A page, served until it is closed.

    Parameters
    ----------
    desk
        Who answers.
    port
        0: any that is free.
    framed
        Who may show the page in a frame.

    Raises
    ------
    Refusal
        Where the port is taken.

    Examples
    --------
    >>> import abm
    >>> with PageServer(Desk(abm.load_scenario("three-investors"))) as server:
    ...     server.link.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, desk: Desk, port: int = 0, framed: str = "'none'") -> None:
        self.desk, self.socket = desk, socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((HOST, port))
        except OSError as error:
            self.socket.close()
            raise Refusal(f"--port: expected one that is free, got {port}: {error.strerror}") from None
        token = secrets.token_urlsafe(24)
        self.link = f"http://{HOST}:{self.socket.getsockname()[1]}/{token}/"
        config = uvicorn.Config(
            app_of(desk, token, framed), http="h11", ws="none", loop="asyncio", lifespan="off", log_level="error",
            access_log=False, server_header=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = _Closing(config, desk.close)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until somebody presses the interrupt key."""
        try:
            self._server.run(sockets=[self.socket])
        finally:
            self.desk.close()
            self.socket.close()

    def __enter__(self) -> PageServer:
        """Serve from a thread."""
        self._thread = threading.Thread(target=self.run, daemon=True, name="abm-serve")
        self._thread.start()
        until = time.monotonic() + _PATIENCE_S
        while not self._server.started and self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
        return self

    def __exit__(self, *raised: object) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self.desk.close()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)


class _Closing(uvicorn.Server):
    """Stops what is being answered before it waits for the answers."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the desk, then the connections."""
        self._close()
        await super().shutdown(sockets)
