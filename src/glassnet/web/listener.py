"""The listener: where the server listens, under which names, and who may come."""

import errno
import socket
from ipaddress import ip_address
from secrets import token_urlsafe
from typing import NamedTuple

from glassnet.errors import BusyError, ParamError

PORT, MORE_PORTS = 8784, 10
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Listener(NamedTuple):
    """A port that is ours, and who may come to it.

    Args:
        socket: it listens already.
        names: under which this machine is called there; the first is for the printed URL.
        token: what must be known to come in; None for nothing.
    """

    socket: socket.socket
    names: tuple[str, ...]
    token: str | None

    @property
    def port(self) -> int:
        """Its number."""
        return int(self.socket.getsockname()[1])

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser that comes in has in its Host header; it leaves 80 out."""
        port = "" if self.port == 80 else f":{self.port}"
        return frozenset(f"{name}{port}" for name in self.names)

    @property
    def url(self) -> str:
        """Where the page is."""
        token = "" if self.token is None else f"?token={self.token}"
        return f"http://{self.names[0]}:{self.port}/{token}"


def listen(host: str = LOOPBACK[0], port: int | None = None) -> Listener:
    """Take a port.

    Args:
        host: the name or number of this machine in the network from which others may come;
            "0.0.0.0" for all networks. Without it, only this machine may.
        port: which, or 0 for any; None for the first from 8784 on that is free.

    Returns:
        A Listener with a token, unless only this machine may come.

    Raises:
        BusyError: the port is taken.
        ParamError: it cannot be had, or there is no such host.
    """
    wanted = range(PORT, PORT + MORE_PORTS) if port is None else [port]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    for number in wanted:
        try:
            listening = socket.create_server((host, number), family=family, dualstack_ipv6=both)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                found = f"{host}:{number}: {error.strerror}"
                raise ParamError("--host", found, "an address of this machine") from error
        else:
            return Listener(listening, *names_and_token(host))
    ports = f"{wanted[0]}" if port is not None else f"{wanted[0]} to {wanted[-1]}"
    raise BusyError("--port", f"{ports} taken", "a free port", "--port 0, which takes any")


def names_and_token(host: str) -> tuple[tuple[str, ...], str | None]:
    """Under which names a host is called, and the token that is needed beyond this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return (LOOPBACK, None) if host == "localhost" else ((host,), token_urlsafe(16))
    name = f"[{address}]" if address.version == 6 else f"{address}"
    if address.is_loopback:
        return tuple(dict.fromkeys([name, *LOOPBACK])), None
    if address.is_unspecified:
        return (outward_address(), socket.gethostname().lower(), *LOOPBACK), token_urlsafe(16)
    return (name,), token_urlsafe(16)


def outward_address() -> str:
    """The number of this machine in the network; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that is nobody's
            return str(probe.getsockname()[0])
        except OSError:
            return LOOPBACK[0]
