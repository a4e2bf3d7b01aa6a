"""A real server on a port of its own, and a page's side of its socket."""

import json
import struct
from contextlib import contextmanager
from threading import Thread

import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from glassnet.data.sources import load_data
from glassnet.web.listener import listen
from glassnet.web.server import make_app, make_server
from glassnet.web.shelf import Shelf


class Served:
    """What a test knows of a server: where it is, and what it was given."""

    def __init__(self, shelf, data, listener, server):
        self.shelf, self.data, self.listener, self.server = shelf, data, listener, server
        self.host = f"127.0.0.1:{listener.port}"
        self.client = httpx.Client(base_url=f"http://{self.host}", timeout=60)


@contextmanager
def served(token=None):
    """A server with the shipped model and the small digits."""
    data = load_data("digits")
    shelf = Shelf(data)
    shelf.load()
    listener = listen(port=0)._replace(token=token)
    server = make_server(make_app(shelf, data, listener.hosts, token))
    thread = Thread(target=server.run, kwargs={"sockets": [listener.socket]})
    thread.start()
    served = Served(shelf, data, listener, server)
    try:
        yield served
    finally:
        served.client.close()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


class Page:
    """A page: it acknowledges what it hears, unless it is slow."""

    def __init__(self, served, slow=False, greet=True, **hello):
        self.slow, self.greet, self.hello = slow, greet, {"protocol": 1, **hello}
        self.heard, self.pictures = [], []
        self.connection = connect(
            f"ws://{served.host}/ws", max_size=None, proxy=None, close_timeout=1
        )

    def __enter__(self):
        self.socket = self.connection.__enter__()
        if self.greet:
            self.say("hello", **self.hello)
            self.welcome = self.hear("welcome")
        return self

    def __exit__(self, *exception):
        self.connection.__exit__(*exception)

    def say(self, kind, **fields):
        self.send(json.dumps({"type": kind, **fields}))

    def send(self, content):
        self.socket.send(content)

    def acknowledge(self):
        self.say("ack", seq=self.heard[-1]["seq"])

    def next(self, timeout=60):
        """The next message; of weights, the header with the array in it."""
        content = self.socket.recv(timeout)
        if isinstance(content, bytes):
            (length,) = struct.unpack("<I", content[:4])
            message = json.loads(content[4 : 4 + length])
            array = np.frombuffer(content[4 + length :], np.int8)
            self.pictures.append(message | {"array": array.reshape(message["shape"])})
        else:
            message = json.loads(content)
            self.heard.append(message)
        if not self.slow and "seq" in message and message["type"] != "welcome":
            self.say("ack", seq=message["seq"])
        return message

    def hear(self, kind, **fields):
        """Listen until a message of a kind comes, and give it."""
        while True:
            message = self.next()
            if message["type"] == kind and fields.items() <= message.items():
                return message

    def silent_for(self, seconds):
        try:
            self.next(seconds)
        except TimeoutError:
            return True
        return False

    def is_cut_off(self):
        try:
            while True:
                self.socket.recv(20)
        except ConnectionClosed:
            return True

    @property
    def events(self):
        """The events heard of the newest run, those in a welcome included."""
        events = []
        for message in self.heard:
            for event in message.get("history", [message]):
                if event.get("state") == "starting":
                    events = []
                if "seq" in event and event["type"] != "welcome":
                    events.append(event)
        return events


def steps_of(events):
    return [step for event in events if event["type"] == "metrics" for step in event["step"]]
