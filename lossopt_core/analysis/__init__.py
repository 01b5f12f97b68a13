"""From runs to conclusions: groups, paired tests, sweeps, fair tuning, cost to target, tables."""
