"""Commands: each parses, calls and prints; none computes."""
