"""Certified optima: the dual problem and the solvers."""
