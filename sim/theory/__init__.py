"""Queues with an exact answer: closed forms and integrals, each with its source."""
