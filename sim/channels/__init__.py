"""Channels: one file each, found by its constant; adding one touches nothing else."""

from __future__ import annotations

from functools import cache

from sim.channels.channel import Channel, Kind
from sim.core.plugins import found_in

__all__ = ["Channel", "Kind", "channels"]


@cache
def channels() -> dict[str, Channel]:
    """Return every channel by its name.

    Returns
    -------
    dict
        Name to channel, sorted by name.
    """
    found = [channel for channel in found_in(__name__, "CHANNEL").values() if isinstance(channel, Channel)]
    return {channel.name: channel for channel in found}
