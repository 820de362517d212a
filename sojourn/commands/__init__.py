"""Commands: each parses its options, calls one function of `sojourn.api` or `orchestrator`, and prints the result."""
