"""The Python API: one function for each thing that can be done; `sojourn` lists them."""
