"""Faults on request: a proxy between generator and endpoint, and an endpoint that is killed and started again."""
