"""Traces: the requests that simulated customers send, each with its due instant."""
