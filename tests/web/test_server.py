"""Whoever comes to the port, however slow or rude, the others are served."""

import logging
import socket
from time import sleep

import httpx
import pytest
from web.serving import Page, served

from glassnet.web import guard
from glassnet.web.server import MAX_CONNECTIONS, MAX_HEAD


@pytest.fixture(scope="module")
def server():
    """A server with little patience."""
    with served() as running:
        running.server.config.timeout_keep_alive = 1
        yield running


@pytest.fixture
def rude(server):
    """A connection on which anything can be sent."""
    with socket.create_connection(("127.0.0.1", server.listener.port), timeout=20) as connection:
        yield connection


def everything_from(connection):
    """What comes until the other side hangs up."""
    content = b""
    while part := connection.recv(2**16):
        content += part
    return content


HEAD = b"POST /api/picture HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\n"


def test_whoever_sends_nothing_is_hung_up_on(rude):
    assert everything_from(rude) == b""


def test_whoever_sends_a_head_byte_by_byte_is_hung_up_on(server, rude):
    sent = 0
    with pytest.raises(OSError):
        for _ in range(100):
            rude.sendall(b"G")
            sent += 1
            sleep(0.1)
    assert sent < 100
    assert server.client.get("/").status_code == 200


def test_whoever_keeps_a_connection_waits_no_longer_for_the_second_head(server, rude):
    rude.sendall(b"GET /api/data HTTP/1.1\r\nHost: %s\r\n\r\nGET" % server.host.encode())
    assert everything_from(rude).startswith(b"HTTP/1.1 200 OK")


def test_whoever_never_ends_a_body_is_told_so(server, rude, monkeypatch):
    monkeypatch.setattr(guard, "ANSWER_WITHIN", 0.5)
    rude.sendall(HEAD % server.host.encode() + b"half")
    assert everything_from(rude).startswith(b"HTTP/1.1 408")


def test_whoever_hangs_up_in_a_body_hurts_nobody_and_is_no_mistake(server, rude, monkeypatch):
    mistakes = []
    log = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(log, "error", lambda *message, **more: mistakes.append(message))
    rude.sendall(HEAD % server.host.encode() + b"half")
    rude.close()
    for _ in range(5):
        assert server.client.get("/").status_code == 200
    assert mistakes == []


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\r\nX: " + b"x" * 6 * MAX_HEAD,
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"\0" * 100 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(server, rude, content):
    rude.sendall(content)
    assert everything_from(rude).startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert server.client.get("/").status_code == 200


def test_too_many_connections_are_refused_until_there_is_room_again(server, monkeypatch):
    monkeypatch.setattr(server.server.config, "timeout_keep_alive", 60)
    where = ("127.0.0.1", server.listener.port)
    crowd = [socket.create_connection(where) for _ in range(MAX_CONNECTIONS)]
    try:
        assert httpx.get(f"http://{server.host}/").status_code == 503
    finally:
        for connection in crowd:
            connection.close()
    while (status := httpx.get(f"http://{server.host}/").status_code) == 503:
        pass
    assert status == 200


def test_a_mistake_of_ours_is_told_without_its_details(server, monkeypatch, capfd):
    monkeypatch.setattr(server.shelf, "items", lambda: 1 / 0)
    answer = server.client.get("/api/models")
    assert answer.status_code == 500
    assert answer.json()["code"] == "INTERNAL"
    assert "Zero" not in answer.text
    assert "Traceback" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_all_are_served_while_one_trains(server):
    with Page(server) as page:
        page.say("start", recipe="first-network", epochs=100_000)
        page.hear("status", state="running")
        for url in ("/", "/api/models/0", "/api/evaluation/0", "/api/digits?sample=100"):
            assert server.client.get(url).status_code == 200
        page.hear("metrics")
        page.say("stop")
        page.hear("status", state="stopped")
