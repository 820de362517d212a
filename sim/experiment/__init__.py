"""Experiments: replications, their estimates, and comparisons on the same customers."""
