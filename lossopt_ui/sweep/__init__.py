"""The sweep page: grids of experiments, and fair tuning."""
