"""Optimal objectives with proof: the dual problem and the methods that search it."""
