"""Who may see the page: anybody on this machine, or who has the token of its address."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from aiohttp import web

#: Name of the token in the address and in the cookie that a browser then sends with all it asks for.
TOKEN = "token"


def token_for(host: str) -> str:
    """ "" for an address that only this machine reaches, a new token for any other.

    Examples
    --------
    >>> token_for("127.0.0.1"), token_for("localhost"), len(token_for("0.0.0.0"))
    ('', '', 32)
    """
    return "" if is_loopback(host) else secrets.token_urlsafe(24)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def gate(token: str) -> Any:
    """An aiohttp middleware that answers 403 to what another site asks for, and to what brings no token.

    Without a token ("") the first alone: a browser lets any page open a socket to this machine, and says
    whose page it is.
    """
    from aiohttp import web

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return web.Response(status=403, text=f"Pages of {origin} may not ask for this one.\n")
        if not token:
            return await handler(request)
        named = request.query.get(TOKEN, "")
        brought = named or request.cookies.get(TOKEN, "")
        if not secrets.compare_digest(brought.encode(), token.encode()):
            return web.Response(
                status=403, text="The address needs the token that `stsr serve` has printed.\n"
            )
        if not named:
            return await handler(request)
        # From here on the cookie speaks for the browser: the page's files and its socket bear no token.
        # Lax, as a strict one is not sent where the address was followed from a mail or another page.
        answer = web.HTTPFound(request.path)
        answer.set_cookie(TOKEN, token, httponly=True, samesite="Lax")
        raise answer

    return check
