"""Python API: one function for each command; `sojourn` lists the public names."""
