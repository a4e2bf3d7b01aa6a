"""The socket: what a page and a training say to each other.

A text is a JSON object with a `type`.

    page to server                      server to page
    hello {protocol: 1, run, last_seq}  welcome {protocol, run, state, config, history, seq}
    start {recipe, validation, ...}     status {seq, state}; at the start run and config, at the
    pause, resume, step, stop           end the id of the model
    want {topics: ["weights"], hz: 2}   metrics {seq, step: [], steps: [], epoch: [], ...}
    ack {seq}                           eval {seq, epoch, step, test, worst, layers}
                                        error {seq, code, message, fix}

Metrics are lists of the same length: the steps done so far, those in an epoch, the epochs done so
far (1.5), the mean loss and the images per second since the entry before; and where an epoch was
measured, train_loss, train_accuracy, validation_loss and validation_accuracy, else null.
What has a `seq` is an event of the run's history. All that is new is sent, metrics that follow each
other as one; then nothing more until the last event sent is acknowledged, so that a slow page holds
up nothing and misses nothing. A page that comes back names the run and the last event it had.
An error without a seq is the answer to a message that made no sense.

Bytes are weights: [u32 length of the header, little-endian][header, JSON][int8]. The header is
{type: "weights", seq, step, layer: 0, shape: [n, 28, 28], scale}, and a weight is scale times the
int8. Only the newest are sent, no oftener than wanted.
"""

import asyncio
import struct
from collections.abc import Callable
from time import monotonic

import numpy as np
from starlette.websockets import WebSocket, WebSocketDisconnect

from glassnet.core.activations import Array
from glassnet.data.pictures import SIDE
from glassnet.errors import GlassnetError, ParamError
from glassnet.web.facts import as_json
from glassnet.web.live import COMMANDS, REPORT_EVERY, Live, Run, merged
from glassnet.web.messages import Message, number, parse, recipe_of

PROTOCOL = 1
MAX_THUMBNAILS = 256
MAX_HZ = 10


class Conversation:
    """What passes between one page and the trainings.

    Args:
        websocket: to the page; accepted.
        live: the trainings.
    """

    def __init__(self, websocket: WebSocket, live: Live):
        self.websocket, self.live = websocket, live
        self.news, self.loop = asyncio.Event(), asyncio.get_running_loop()
        self.run: Run | None = None
        self.sent = 0  # so many events of the run
        self.may_speak = False  # not before the hello, nor before the last event is acknowledged
        self.hz, self.weights_at, self.weights_step = 0.0, 0.0, -1
        self.handlers: dict[str, Callable[[Message], Message | None]] = {
            "hello": self.hello,
            "start": self.start,
            "want": self.want,
            "ack": self.ack,
            **dict.fromkeys(COMMANDS, self.command),
        }

    async def hold(self) -> None:
        """Talk until the page hangs up."""
        self.live.listeners.add(self.notify)
        try:
            async with asyncio.TaskGroup() as sides:
                speaking = sides.create_task(self.speak())
                await self.listen()
                speaking.cancel()
        except* WebSocketDisconnect:  # in the middle of a sentence
            pass
        finally:
            self.live.listeners.discard(self.notify)

    def notify(self) -> None:
        """Say that there may be news; any thread may."""
        self.loop.call_soon_threadsafe(self.news.set)

    async def listen(self) -> None:
        """Answer every message of the page."""
        while (received := await self.websocket.receive())["type"] == "websocket.receive":
            if (answer := self.answer(received.get("text"))) is not None:
                await self.websocket.send_text(as_json(answer))

    async def speak(self) -> None:
        """Send what is new whenever the page is ready for it, but no oftener than it is made."""
        while await self.news.wait():
            self.news.clear()
            if self.may_speak and self.live.run and await self.send_news(self.live.run):
                await asyncio.sleep(REPORT_EVERY)

    async def send_news(self, run: Run) -> bool:
        """Send all new events, and the newest weights if they are due; say if there were any."""
        if run is not self.run:
            self.run, self.sent, self.weights_step = run, 0, -1
        events, weights = run.history[self.sent :], self.due_weights(run)
        self.sent += len(events)
        self.may_speak = silent = not events and weights is None
        for message in merged(events):
            await self.websocket.send_text(as_json(message))
        if weights is not None:
            await self.websocket.send_bytes(thumbnails(self.sent, *weights))
        return not silent

    def due_weights(self, run: Run) -> tuple[int, Array] | None:
        """The newest weights, if the page wants them and has not just had some."""
        weights, now = run.weights, monotonic()
        if not self.hz or weights is None or weights[0] == self.weights_step:
            return None
        if run.state == "running" and now < self.weights_at + 1 / self.hz:
            return None
        self.weights_step, self.weights_at = weights[0], now
        return weights

    def answer(self, text: str | None) -> Message | None:
        """Do what a message says; answer it if there is something to say."""
        try:
            message = parse(text)
            kind = message.get("type")
            if not isinstance(kind, str) or kind not in self.handlers:
                raise ParamError("type", f"{kind!r:.80}", ", ".join(self.handlers))
            return self.handlers[kind](message)
        except GlassnetError as error:
            expected = f" (expected {error.expected})" if error.expected else ""
            text = f"{error.where}: {error.found}{expected}"
            return {"type": "error", "code": error.code, "message": text, "fix": error.advice}

    def hello(self, message: Message) -> Message:
        """Greet a page, with all that has happened since it last heard of this run."""
        if message.get("protocol") != PROTOCOL:
            found = f"{message.get('protocol')!r:.80}"
            raise ParamError("protocol", found, f"{PROTOCOL}", "reload the page")
        last_seq = int(number(message, "last_seq", 0))
        self.run, self.sent, self.may_speak = self.live.run, 0, True
        welcome: Message = {"type": "welcome", "protocol": PROTOCOL, "run": None, "state": "idle"}
        self.news.set()
        if (run := self.run) is None:
            return welcome | {"config": None, "history": [], "seq": 0}
        self.sent = min(last_seq, len(run.history)) if message.get("run") == run.id else 0
        events = run.history[self.sent :]
        self.sent += len(events)
        about = {"run": run.id, "state": run.state, "config": run.config, "seq": self.sent}
        return welcome | about | {"history": list(merged(events))}

    def start(self, message: Message) -> None:
        """Start a recipe."""
        validation = number(message, "validation", 0, highest=0.9)
        self.live.start(recipe_of(message), validation)

    def command(self, message: Message) -> None:
        """Pause, resume, one batch, or stop."""
        self.live.command(message["type"])

    def want(self, message: Message) -> None:
        """Say what else than events the page wants, and how often."""
        topics = message.get("topics")
        if not isinstance(topics, list):
            raise ParamError("topics", f"{topics!r:.80}", '["weights"] or []')
        hz = number(message, "hz", 2, highest=MAX_HZ)
        self.hz = hz if "weights" in topics else 0
        self.news.set()

    def ack(self, message: Message) -> None:
        """The page has dealt with an event; if it was the last, more may come."""
        if number(message, "seq", 0) >= self.sent and self.run is not None:
            self.may_speak = True
            self.news.set()


async def converse(websocket: WebSocket, live: Live) -> None:
    """Take a page's call."""
    await websocket.accept()
    await Conversation(websocket, live).hold()


def thumbnails(seq: int, step: int, W: Array) -> bytes:
    """The weights of the first neurons of a layer as pictures of bytes, with their header."""
    w = W[:, :MAX_THUMBNAILS].T
    scale = float(np.abs(w).max()) / 127 or 1.0
    shape = [len(w), SIDE, SIDE]
    header = {"type": "weights", "seq": seq, "step": step, "layer": 0}
    text = as_json(header | {"shape": shape, "scale": scale}).encode()
    return struct.pack("<I", len(text)) + text + np.rint(w / scale).astype(np.int8).tobytes()
