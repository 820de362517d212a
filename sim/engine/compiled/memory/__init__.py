"""What a run of the compiled engine is made of in memory: records, tables, columns, heaps."""
