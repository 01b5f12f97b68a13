"""Inspection of a run at any recorded point of its trajectory.

along        all examples at every recorded point: losses, predictions, active examples
example      one example at one point, and over the training
clock        a common timeline of several runs
microscope   gradient check: the analytic gradient against a numeric one, entry by entry
"""
