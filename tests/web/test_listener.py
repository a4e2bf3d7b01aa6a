import socket

import pytest

from glassnet.errors import BusyError, ParamError
from glassnet.web import listener
from glassnet.web.listener import listen


@pytest.fixture
def opened():
    """Listeners that are closed at the end."""
    listeners = []
    yield listeners
    for one in listeners:
        one.socket.close()


def listen_(opened, *arguments, **options):
    opened.append(listen(*arguments, **options))
    return opened[-1]


def test_without_a_wish_the_next_port_that_is_free_is_taken(opened, monkeypatch):
    first = listen_(opened, port=0)
    monkeypatch.setattr(listener, "PORT", first.port)
    second = listen_(opened)
    assert first.port < second.port < first.port + listener.MORE_PORTS


def test_a_port_that_was_asked_for_and_is_taken_is_named(opened):
    port = listen_(opened, port=0).port
    with pytest.raises(BusyError, match=f"{port} taken"):
        listen(port=port)


def test_where_all_ports_are_taken_it_says_which(opened, monkeypatch):
    port = listen_(opened, port=0).port
    monkeypatch.setattr(listener, "PORT", port)
    monkeypatch.setattr(listener, "MORE_PORTS", 1)
    with pytest.raises(BusyError, match=f"{port} to {port} taken"):
        listen()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.3"])
def test_on_this_machine_no_token_is_needed(opened, host):
    local = listen_(opened, host, 0)
    assert local.token is None
    assert f"{host}:{local.port}" in local.hosts
    assert local.socket.getsockname()[0].startswith("127.")
    with socket.create_connection((host, local.port)):
        pass


def test_by_default_only_this_machine_may_come(opened):
    assert listen_(opened, port=0).socket.getsockname()[0] == "127.0.0.1"


def test_beyond_this_machine_a_token_is_needed_that_nobody_can_guess(opened):
    one, other = (listen_(opened, "0.0.0.0", 0) for _ in range(2))
    assert one.token != other.token
    assert len(one.token) >= 20
    assert one.url.endswith(f"/?token={one.token}")
    assert one.url.removeprefix("http://").split("/")[0] in one.hosts


def test_an_address_of_version_6_stands_in_brackets(opened):
    try:
        local = listen_(opened, "::1", 0)
    except ParamError:
        pytest.skip("this machine has no IPv6")
    assert local.url == f"http://[::1]:{local.port}/"
    assert f"[::1]:{local.port}" in local.hosts


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "not a host", "1.2.3"])
def test_an_address_that_is_not_of_this_machine_is_refused(host):
    with pytest.raises(ParamError, match="address of this machine"):
        listen(host, 0)
