"""Tests. This is a package because a library that the benchmarks use installs one of the same name."""
