"""Ports and addresses of this machine."""

import ipaddress
import socket

TRIES = 50


def answers(host: str, port: int) -> bool:
    """Somebody listens there. granian would share the port with them silently."""
    with socket.socket(_family(host)) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def next_free(host: str, port: int) -> int:
    """`port`, or the first after it where nobody listens; 0 takes any. Raises: OSError when there is none."""
    if port == 0:
        with socket.socket(_family(host)) as probe:
            probe.bind((host, 0))
            return probe.getsockname()[1]
    for candidate in range(port, min(port + TRIES, 65_536)):
        if not answers(reachable(host), candidate) and _can_bind(host, candidate):
            return candidate
    raise OSError(f"no port from {port} on is free: set MARKETPLACE_PORT")


def _can_bind(host: str, port: int) -> bool:
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise OSError(f"port {port} is for root only: set MARKETPLACE_PORT to 1024 or more") from error
        except OSError:
            return False
        return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def is_loopback(host: str) -> bool:
    """Only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def reachable(host: str) -> str:
    """An address of this machine that answers where `host` is bound: for 0.0.0.0, loopback."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked about, not bound


def visible(host: str) -> str:
    """The host part of an address for other machines: for 0.0.0.0, the one that this machine has in its network."""
    if reachable(host) == host:
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation network (RFC 5737); a datagram socket sends nothing yet
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
