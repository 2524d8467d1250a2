"""Where a request comes from: the address that limits count, and the device's words."""

from ipaddress import IPv4Address, ip_address, ip_network

from flask import request

from app.services.auth import Place

CUSTOMER_BITS = 64
MAX_AGENT = 200


def client_address() -> str:
    """Return the client's address; of IPv6 the network that one customer is given."""
    text = request.remote_addr or ""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return text
    return str(ip_network((address, CUSTOMER_BITS), strict=False))


def client_place() -> Place:
    """Return where a log-in comes from, as its user is shown it later."""
    agent = request.headers.get("User-Agent", "").replace("\x00", "")
    return Place(client_address(), agent[:MAX_AGENT])
