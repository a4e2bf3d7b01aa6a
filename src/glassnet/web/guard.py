"""The guard: who may ask this server, and what a browser may do with its answers.

Any page on the web can have a browser send requests to 127.0.0.1. So the Host has to be one of
ours, exactly, which a name that was rebound to 127.0.0.1 is not; and so has the Origin of whatever
is more than a GET. From beyond this machine a token is needed as well.
"""

import asyncio
from hmac import compare_digest

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWER_WITHIN = 60.0  # seconds for a request and its answer; the first may have to compile
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
CODES = {
    400: "BAD_REQUEST",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "TIMEOUT",
    413: "TOO_LARGE",
    500: "INTERNAL",
    503: "BUSY",
}


def refusal(status: int, found: str, expected: str = "", advice: str = "") -> Response:
    """An answer that says why there is no other."""
    body = {"code": CODES[status], "found": found, "expected": expected, "advice": advice}
    return JSONResponse(body, status)


class Guard:
    """Stands before an application.

    Args:
        app: the application.
        hosts: what the Host header may be, such as "localhost:8784".
        token: what the first URL must have as `?token=`, and a cookie from then on; None for no
            such need.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str | None = None):
        self.app, self.hosts, self.token = app, hosts, token
        self.origins = {f"http://{host}" for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on and put our headers on the answer."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        connection = HTTPConnection(scope)
        answer = self.refuse(connection) or self.app
        headers = HEADERS | self.cookie(connection)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                started = True
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if scope["type"] == "websocket":
            return await answer(scope, receive, send_with_headers)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await answer(scope, receive, send_with_headers)
        except TimeoutError:
            if not started:
                late = refusal(408, f"no end after {ANSWER_WITHIN:g} s")
                await late(scope, receive, send_with_headers)

    def refuse(self, connection: HTTPConnection) -> Response | None:
        """The answer to what may not be asked."""
        headers = connection.headers
        if (host := headers.get("host", "none")) not in self.hosts:
            names = ", ".join(sorted(self.hosts))
            return refusal(400, f"Host {host}", names, "open the printed URL")
        only_reads = connection.scope.get("method") in ("GET", "HEAD")
        if not only_reads and (origin := headers.get("origin")) not in (None, *self.origins):
            return refusal(403, f"Origin {origin}", "this page's own")
        if self.token is not None and not (
            same(connection.query_params.get("token"), self.token)
            or same(connection.cookies.get(cookie_name(connection)), self.token)
        ):
            return refusal(403, "no token, or another", "", "open the printed URL")
        return None

    def cookie(self, connection: HTTPConnection) -> dict[str, str]:
        """The header that puts a right token of the URL into a cookie."""
        if self.token is None or not same(connection.query_params.get("token"), self.token):
            return {}
        value = f"{cookie_name(connection)}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        return {"Set-Cookie": value}


def cookie_name(connection: HTTPConnection) -> str:
    """A cookie goes to every port of a host, so its name has the port."""
    return f"glassnet-{connection.scope['server'][1]}"


def same(given: str | None, secret: str) -> bool:
    """Whether two texts are the same; how long it takes does not tell where they differ."""
    return compare_digest((given or "").encode(), secret.encode())
