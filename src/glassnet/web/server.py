"""The server: the page, its API and its sockets as one application, and what runs it."""

from asyncio import Transport
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from uvicorn.protocols.http.h11_impl import H11Protocol

from glassnet.data.examples import DataSet
from glassnet.errors import GlassnetError
from glassnet.web import facts
from glassnet.web.api import Api
from glassnet.web.guard import Guard, refusal
from glassnet.web.listener import Listener
from glassnet.web.live import Live
from glassnet.web.shelf import Shelf
from glassnet.web.socket import converse

STATIC = Path(__file__).parent / "static"
MAX_CONNECTIONS, MAX_SOCKETS = 64, 32
MAX_HEAD, MAX_MESSAGE = 2**14, 2**16  # bytes
HEAD_WITHIN, DRAIN_WITHIN = 10, 5  # seconds


def make_app(
    shelf: Shelf, data: DataSet, hosts: frozenset[str], token: str | None = None
) -> ASGIApp:
    """The application.

    Args:
        shelf: the models; what is trained is put there too.
        data: what is shown, trained on and tested on.
        hosts: what a Host header may be.
        token: what must be known to come in; None for nothing.
    """
    live = Live(data, keep=shelf.add)

    async def page(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def talk(websocket: WebSocket) -> None:
        if len(live.listeners) >= MAX_SOCKETS:
            full = refusal(503, f"{MAX_SOCKETS} pages that are open", "", "close some")
            await websocket.send_denial_response(full)
        else:
            await converse(websocket, live)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(live.close)

    routes = [
        Route("/", page),
        Mount("/static", StaticFiles(directory=STATIC)),
        Mount("/api", routes=Api(shelf, data).routes),
        WebSocketRoute("/ws", talk),
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS, lifespan=lifespan)
    return Guard(app, hosts, token)


async def tell_our_error(request: Request, error: Exception) -> Response:
    """An error of glassnet's, in its own words."""
    assert isinstance(error, GlassnetError)
    return JSONResponse(facts.of_error(error), 422)


async def tell_http_error(request: Request, error: Exception) -> Response:
    """An error of HTTP, such as 404."""
    assert isinstance(error, HTTPException)
    return refusal(error.status_code, error.detail)


async def tell_any_error(request: Request, error: Exception) -> Response:
    """A mistake of ours; what it was is said in the terminal."""
    return refusal(500, "a mistake of glassnet's", "", "look into the terminal")


async def tell_nobody(request: Request, error: Exception) -> Response:
    """Whoever asked has hung up."""
    return refusal(400, "no end of the request")


HANDLERS = {
    GlassnetError: tell_our_error,
    HTTPException: tell_http_error,
    ClientDisconnect: tell_nobody,
    Exception: tell_any_error,
}


class ImpatientProtocol(H11Protocol):
    """HTTP that hangs up on whoever does not send the whole head of a request in time.

    The timer that runs between two requests runs before the first as well, and what stops it is not
    any byte that arrives, but a whole head.
    """

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        self.conn.receive_data(data)
        self.handle_events()


def make_server(app: ASGIApp) -> uvicorn.Server:
    """What runs an application: quietly, with little patience, and gone soon after a SIGTERM."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=ImpatientProtocol,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,  # nothing is far away
        lifespan="on",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEAD,
        timeout_keep_alive=HEAD_WITHIN,
        timeout_graceful_shutdown=DRAIN_WITHIN,
    )
    return uvicorn.Server(config)


def serve(shelf: Shelf, data: DataSet, listener: Listener) -> None:
    """Serve until the process is told to end.

    Args:
        shelf: the models.
        data: what is shown, trained on and tested on.
        listener: where.
    """
    app = make_app(shelf, data, listener.hosts, listener.token)
    make_server(app).run(sockets=[listener.socket])
