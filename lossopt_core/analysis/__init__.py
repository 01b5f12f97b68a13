"""Analysis of runs: seed groups, paired tests, sweeps, fair tuning, cost to target, tables."""
