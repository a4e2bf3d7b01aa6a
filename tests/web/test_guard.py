import socket

import httpx
import pytest
from web.serving import Page, served
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

TOKEN = "correct-horse"
POST = {"method": "POST", "url": "/api/picture", "content": b"x"}


@pytest.fixture(scope="module")
def server():
    with served() as running:
        yield running


@pytest.fixture(scope="module")
def guarded():
    """A server that wants a token."""
    with served(TOKEN) as running:
        yield running


def status_of_socket(server, host=None, origin=None, cookie=None):
    """How a handshake ends; 101 is success."""
    where = host or server.host
    headers = {"Cookie": cookie} if cookie else {}
    try:
        with connect(
            f"ws://{where}/ws",
            origin=origin,
            additional_headers=headers,
            proxy=None,
            sock=socket_to(server),
        ):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def socket_to(server):
    return socket.create_connection(("127.0.0.1", server.listener.port))


def hostile_hosts(server):
    port = server.listener.port
    return [
        "evil.test",
        f"evil.test:{port}",
        "localhost",
        "127.0.0.1",
        f"localhost:{port + 1}",
        f"localhost:{port}.evil.test",
        f"evil.test#localhost:{port}",
        f"LOCALHOST:{port}",
        f"localhost.:{port}",
        f"0.0.0.0:{port}",
        f"127.1:{port}",
        f"localhost:{port},evil.test",
        "",
    ]


def test_only_our_own_hosts_are_answered(server):
    port = server.listener.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert server.client.get("/", headers={"Host": host}).status_code == 200
    for host in hostile_hosts(server):
        for request in ({"method": "GET", "url": "/"}, POST):
            answer = server.client.request(**request, headers={"Host": host})
            assert answer.status_code == 400, host
            assert "<html" not in answer.text


def test_only_our_own_hosts_may_open_a_socket(server):
    assert status_of_socket(server, f"localhost:{server.listener.port}") == 101
    assert status_of_socket(server, f"evil.test:{server.listener.port}") == 400


FOREIGN = ["http://evil.test", "null", "https://localhost", "http://localhost", "file://", ""]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_may_neither_post_nor_open_a_socket(server, origin):
    assert server.client.request(**POST, headers={"Origin": origin}).status_code == 403
    assert status_of_socket(server, origin=origin) == 403


def test_our_own_origin_may(server):
    origin = f"http://{server.host}"
    assert server.client.request(**POST, headers={"Origin": origin}).status_code == 422
    assert status_of_socket(server, origin=origin) == 101


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_method_but_reading_goes_without_the_right_origin(server, method):
    answer = server.client.request(method, "/api/models", headers={"Origin": "http://evil.test"})
    assert answer.status_code == 403
    assert not any("access-control" in name for name in answer.headers)


@pytest.mark.parametrize(
    "request_",
    [
        {"url": "/"},
        {"url": "/api/models"},
        {"url": "/api/models/0"},
        {"url": "/nothing"},
        {"url": "/api/digits?ids=x"},
        {"url": "/", "headers": {"Host": "evil.test"}},
    ],
)
def test_every_answer_tells_the_browser_to_be_careful(server, request_):
    headers = server.client.get(**request_).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_nobody_comes_in_without_the_token(guarded):
    for url in ("/", "/api/models", "/static/index.html", "/?token=", "/?token=correct-hors"):
        answer = httpx.get(f"http://{guarded.host}{url}")
        assert answer.status_code == 403
        assert TOKEN not in answer.text
        assert "set-cookie" not in answer.headers
    assert status_of_socket(guarded) == 403
    assert status_of_socket(guarded, cookie=f"glassnet-{guarded.listener.port}=wrong") == 403


def test_the_token_is_given_once_and_then_the_cookie_will_do(guarded):
    with httpx.Client(base_url=f"http://{guarded.host}") as browser:
        first = browser.get("/", params={"token": TOKEN})
        assert first.status_code == 200
        cookie = first.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
        assert browser.get("/api/models").status_code == 200
        assert browser.request(**POST).status_code == 422
    assert status_of_socket(guarded, cookie=cookie.partition(";")[0]) == 101


def test_a_token_of_other_letters_is_only_wrong(guarded):
    answer = httpx.get(f"http://{guarded.host}/", params={"token": "é\N{SNOWMAN}"})
    assert answer.status_code == 403


def test_without_a_token_there_is_no_cookie(server):
    assert "set-cookie" not in server.client.get("/", params={"token": "x"}).headers


def test_a_page_that_is_let_in_is_greeted(server):
    with Page(server) as page:
        assert page.welcome["protocol"] == 1
