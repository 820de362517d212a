"""Common ground of the simulator: errors, units, validated models, keyed draws, files, plug-ins."""
