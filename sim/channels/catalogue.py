"""The channels by name."""

from __future__ import annotations

from functools import cache

from sim.channels.channel import Channel
from sim.core.plugins import found_in

__all__ = ["channels"]


@cache
def channels() -> dict[str, Channel]:
    """Return every channel by its name.

    Returns
    -------
    dict
        Name to channel, sorted by name.
    """
    modules = found_in("sim.channels", "CHANNEL")
    return {channel.name: channel for channel in modules.values() if isinstance(channel, Channel)}
