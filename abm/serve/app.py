"""App: the routes of the page; what they say is worked out elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from importlib import resources
from threading import Event as Flag
from typing import Any

from anyio import CancelScope
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from abm.core.errors import Refusal, ScenarioError
from abm.core.version import VERSION
from abm.serve.desk import Desk, Message
from abm.serve.guarding import LARGEST, Guard
from abm.serve.position import Position
from abm.serve.saving import saved

_TRIES, _TRY_S = 100, 0.02  # to close what still computes, and the pause between two [s]
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", "": "text/plain"}


def app_of(desk: Desk, token: str, framed: str = "'none'") -> Guard:
    """The page of a desk, for whoever knows the token.

    Parameters
    ----------
    desk
        Who answers.
    token
        First part of every path.
    framed
        Who may show the page in a frame.
    """
    files = dict(_files())

    async def page(request: Request) -> Response:
        return files["page.html"]

    async def file(request: Request) -> Response:
        return files.get(request.path_params["name"]) or Response("no such file", 404)

    async def opened(request: Request) -> Response:
        return JSONResponse(_opened(desk))

    async def answer(request: Request) -> Response:
        asked, stop = await _asked(request), Flag()
        position, pinned = _positions(asked)
        return _streamed(desk.answer(_visitor(asked), position, pinned, stop, str(asked.get("moved", ""))), stop)

    async def story(request: Request) -> Response:
        asked = await _asked(request)
        return _streamed(desk.tale(_visitor(asked), _positions(asked)[0], asked.get("run")), Flag())

    async def effects(request: Request) -> Response:
        return _streamed(desk.effects(), Flag())

    async def save(request: Request) -> Response:
        position, _ = _positions(await _asked(request))
        made = await run_in_threadpool(saved, desk.scenario, desk.source, position, request.path_params["what"])
        named = {"content-disposition": f'attachment; filename="{made.name}"'}
        return Response(made.content, media_type=made.kind, headers=named)

    async def ways(request: Request) -> Response:
        position, _ = _positions(await _asked(request))
        return JSONResponse({"command": position.command(desk.source), "python": position.python(desk.source)})

    routes = [
        Route("/", page), Route("/files/{name:path}", file), Route("/opened", opened),
        Route("/answer", answer, methods=["POST"]), Route("/ways", ways, methods=["POST"]),
        Route("/story", story, methods=["POST"]), Route("/effects", effects, methods=["POST"]),
        Route("/save/{what}", save, methods=["POST"]),
    ]  # fmt: skip
    refusing: dict[Any, Callable[..., Any]] = {Refusal: _refused, ScenarioError: _refused}
    return Guard(Starlette(routes=routes, exception_handlers=refusing), token, framed)


def _files() -> Iterator[tuple[str, Response]]:
    """Everything that the page consists of, read once."""
    folder = resources.files("abm.serve") / "static"
    for part in (folder, folder / "uplot"):
        for entry in part.iterdir():
            if entry.is_file():
                name, _, ending = entry.name.rpartition(".")
                kind = _TYPES[f".{ending}" if name else ""]
                where = entry.name if part is folder else f"uplot/{entry.name}"
                yield where, Response(entry.read_bytes(), media_type=kind)


def _opened(desk: Desk) -> dict[str, Any]:
    """What the page needs before anything is asked."""
    scenario = desk.scenario
    return {
        "title": scenario.title, "description": scenario.description, "id": scenario.id, "source": desk.source,
        "as_of": str(scenario.as_of), "version": VERSION,
        "controls": [control.to_json() for control in desk.controls], "study": desk.study,
    }  # fmt: skip


async def _asked(request: Request) -> dict[str, Any]:
    """Read what a page sends."""
    body = await request.body()
    try:
        asked = json.loads(body[:LARGEST])
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refusal("expected a question as one JSON object")
    return asked


def _positions(asked: dict[str, Any]) -> tuple[Position, Position | None]:
    pinned = asked.get("pinned")
    return Position.read(asked.get("position", {})), None if pinned is None else Position.read(pinned)


def _visitor(asked: dict[str, Any]) -> str:
    return str(asked.get("visitor", ""))[:80]


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"refused": str(error)}, 400)


def _end(messages: Generator[Message]) -> None:
    """Close what makes messages, once the thread in which it still computes has seen that it is to stop."""
    for _ in range(_TRIES):
        try:
            messages.close()
        except ValueError:  # it computes
            time.sleep(_TRY_S)
        else:
            return


def _streamed(messages: Generator[Message], stop: Flag) -> Response:
    """Send messages as they come; once nobody listens any more, what makes them is stopped."""

    async def sent() -> AsyncIterator[str]:
        try:
            while (message := await run_in_threadpool(next, messages, None)) is not None:
                name, told = message
                yield f"event: {name}\ndata: {json.dumps(told, allow_nan=False)}\n\n"
        finally:
            stop.set()
            with CancelScope(shield=True):  # also where the connection is gone, which cancels what waits here
                await run_in_threadpool(_end, messages)

    return StreamingResponse(sent(), media_type="text/event-stream")
