"""Verification: compare what an endpoint holds with what it acknowledged."""
