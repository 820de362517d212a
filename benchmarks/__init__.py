"""Benchmarks: programs side by side in one run, the work asserted. ``python -m benchmarks`` runs them."""
