"""Memory of a run of the compiled engine: records, tables, columns, heaps."""
