"""Targets of webhooks: public addresses by HTTPS, so that nobody can make the service call a private address.

A name is resolved once for each try, all its addresses must be allowed, and the connection goes to a checked address.
So a name that resolves differently a moment later (DNS rebinding) changes nothing. Redirects are not followed.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

__all__ = ["Forbidden", "Target", "Targets"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST = 1000

_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that has been given out for global unicast (RFC 4291, section 2.4); no site-local or NAT64 address."""

_SPECIAL = (
    ipaddress.ip_network("192.0.0.0/24"),  # IETF protocols, such as the port control of the nearest router (RFC 7723)
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    ipaddress.ip_network("2001::/23"),  # IETF protocols, such as Teredo (RFC 4380)
    ipaddress.ip_network("2002::/16"),  # 6to4 (RFC 3056): reaches an IPv4 address, whichever
    ipaddress.ip_network("3fff::/20"),  # documentation (RFC 9637)
)
"""Addresses that Python's table, which depends on its version, may take for global."""


class Forbidden(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """A target that webhooks may not go to, and the reason."""


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a webhook: the parts of its URL."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Targets:
    """Rules for targets.

    Attributes
    ----------
    networks
        Networks to which webhooks may go although they are not public, also by plain HTTP. None by default.
    """

    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Targets":
        """Read networks such as ``127.0.0.0/8``, the options of the service."""
        return cls(tuple(ipaddress.ip_network(text) for text in texts))

    def target(self, url: str) -> Target:
        """Parse a URL, and refuse what is wrong without looking up its host.

        Parameters
        ----------
        url
            From a client.

        Returns
        -------
        Target
            The addresses of its host are still to be checked.

        Raises
        ------
        Forbidden
            With the error, and what would be right.
        """
        if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
            raise Forbidden(f"is no URL of at most {LONGEST} printable ASCII characters without spaces")
        parts, port = _split(url)
        host = parts.hostname or ""
        if parts.scheme not in ("https", "http") or not host:
            raise Forbidden("is no URL of a host, such as https://example.com/hook")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise Forbidden("has a user, a password or a fragment; receivers know the service by its signature")
        literal = _literal(host)
        if literal is not None:
            self.check([literal])
        secure = parts.scheme == "https"
        if not secure and not (literal is not None and self._listed(literal)):
            raise Forbidden("is not secure; an https URL is needed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(secure, host, port or (443 if secure else 80), path)

    def check(self, addresses: Sequence[Address]) -> Address:
        """Return the address to connect to, if all addresses of a name are allowed.

        Raises
        ------
        Forbidden
            When there is no address, or an address is not allowed.
        """
        if not addresses:
            raise Forbidden("has a host without any address")
        for address in addresses:
            if not self._listed(address) and not _public(address):
                raise Forbidden("leads to an address that is not public; webhooks go to public ones only")
        return addresses[0]

    def _listed(self, address: Address) -> bool:
        """Tell whether an address is allowed although it may not be public."""
        return any(address.version == network.version and address in network for network in self.networks)


def _split(url: str) -> tuple[SplitResult, int | None]:
    """Return a URL's parts and its port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden(f"is no URL: {error}") from error
    return parts, port


def _literal(host: str) -> Address | None:
    """Return the address of a host that is written as an address."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:  # as resolvers read numbers: 127.1, 0x7f.1, 017700000001
        return ipaddress.IPv4Address(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        return None


def _public(address: Address) -> bool:
    """Tell whether an address is on the public internet, and does not stand for a private one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _public(address.ipv4_mapped)
        if address not in _UNICAST:
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
