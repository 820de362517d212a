"""An e-mail: the work waits, the customer does not."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(
    name="email", step_kind=Kind.DEFERRED, about="An e-mail: it waits for an agent, the customer does not wait."
)
