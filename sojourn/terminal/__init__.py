"""Terminal: shared options, progress bar, tables, and messages for errors."""
