"""Theory: stability limits, noise floors, suboptimality, the L1 threshold, loss landscapes."""
