"""Numerical functions that give the same bits on every machine, plain and compiled."""
