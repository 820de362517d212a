"""A live chat with an agent, who may handle several at once."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(
    name="chat",
    step_kind=Kind.ASSISTED,
    about="A live chat with an agent, who may handle several at once.",
    concurrency=3,
)
