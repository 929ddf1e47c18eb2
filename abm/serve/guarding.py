"""Guarding: who may speak to the page's server, and what the page may do."""

from __future__ import annotations

import hmac
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 1_000_000  # bytes of a question
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
#: Notebooks on this machine, which may show the page in a cell.
NOTEBOOKS = "http://localhost:* http://127.0.0.1:* https://localhost:* vscode-webview:"


class Guard:
    """Lets in whoever knows the token, under the name of this machine, and from the page itself.

    A page of somebody else, open in the same browser, knows no token; one that has its own name lead to this machine
    is refused by the name it asks for (``Host``), and one that sends a form by where it comes from (``Origin``).

    Parameters
    ----------
    app
        What is guarded; it sees paths without the token.
    token
        First part of every path.
    framed
        Who may show the page in a frame, as a content security policy names them.
    """

    def __init__(self, app: ASGIApp, token: str, framed: str = "'none'") -> None:
        self.app, self.token, self.framed = app, token, framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        app: Any = self.app
        if refusal is not None:
            app = PlainTextResponse(refusal[1], refusal[0])
        else:
            scope = {**scope, "path": scope["path"][len(self.token) + 1 :] or "/"}
        await app(scope, receive, self._sending(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason, for whoever is not let in."""
        headers, port = Headers(scope=scope), (scope.get("server") or ("", 0))[1]
        names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
        if headers.get("host") not in names:
            return 421, "expected the address of this machine"
        if headers.get("origin", f"http://{names[0]}") not in [f"http://{name}" for name in names]:
            return 403, "expected a request of the page itself"
        if headers.get("sec-fetch-site", "same-origin") == "cross-site" and scope["method"] != "GET":
            return 403, "expected a request of the page itself"
        given = scope["path"].split("/")[1]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return 404, "expected the whole link that abm serve has printed"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST:
            return 413, "expected a shorter question"
        return None

    def _sending(self, send: Send) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["content-security-policy"] = _POLICY.format(framed=self.framed)
            await send(message)

        return guarded
