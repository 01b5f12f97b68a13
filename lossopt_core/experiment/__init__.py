"""The description of a run: fields, validation, grids, metrics, and the data it names."""
