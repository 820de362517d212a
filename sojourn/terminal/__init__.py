"""The terminal: options that commands share, progress bars, tables, sentences for errors."""
