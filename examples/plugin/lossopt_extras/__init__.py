"""One entry of each kind, one class per file."""
