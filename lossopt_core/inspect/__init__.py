"""A look inside a run, at any kept point of its way.

along        all examples at every kept point: losses, answers, who still pulls
example      one example at one point, and over the training
clock        points that several runs have in common
microscope   the analytic gradient against a numeric one, entry by entry
"""
