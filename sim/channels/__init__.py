"""Channels, one file each, found by its constant."""

from sim.channels.catalogue import channels
from sim.channels.channel import Channel, Kind

__all__ = ["Channel", "Kind", "channels"]
