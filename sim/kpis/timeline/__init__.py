"""Time spent by queues, lines and agents, cut at the reporting intervals."""
