"""The description of a run: fields, validation, parameter grids, metrics and data loading."""
