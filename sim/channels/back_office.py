"""Work without the customer, behind the scenes."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="back_office", step_kind=Kind.DEFERRED, about="Back-office work, without the customer.")
