"""The filter language for tables of runs."""
