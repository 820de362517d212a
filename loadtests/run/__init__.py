"""Load runs: set up, send, read back, and write the result."""
