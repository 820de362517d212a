"""Timeline: what queues, lines and agents do over time, split at the reporting intervals."""
