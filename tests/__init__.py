"""The tests. A package, since a library that the benchmarks use installs one of this name too."""
