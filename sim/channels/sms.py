"""A conversation by text messages with an agent, who may handle several at once."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(
    name="sms",
    step_kind=Kind.ASSISTED,
    about="A conversation by text messages with an agent, who may handle several at once.",
    concurrency=4,
)
