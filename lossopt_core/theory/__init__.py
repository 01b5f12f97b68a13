"""Predictions: stability limits, noise floors, suboptimality, the L1 threshold, landscapes."""
