"""What everything stands on: errors, units, arithmetic that is the same everywhere, keyed draws, files, plug-ins."""
