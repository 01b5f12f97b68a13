"""Gradient descent with learning rates below and above the limit at the optimum.

python -m examples.step_limits
"""

from lossopt_core import Experiment, certify, step_limits, train

experiment = Experiment(dataset="iris", optimizer="gd", strength=1e-2, epochs=400)
best = certify(experiment, target_gap=1e-12)
limits = step_limits(experiment, best)
assert limits is not None  # cross-entropy is smooth
assert limits.at_optimum is not None  # the optimum was given
print(f"always stable below  {limits.guaranteed:8.3f}")
print(f"limit at the start   {limits.at_start:8.3f}")
print(f"limit at the optimum {limits.at_optimum:8.3f}")

shares = (0.1, 0.5, 0.95, 1.05, 1.5)
print(f"After {experiment.epochs} updates:")
runs = train([experiment.replace(learning_rate=share * limits.at_optimum) for share in shares])
for share, run in zip(shares, runs, strict=True):
    above = run.final["objective"] - best.lower_bound
    print(f"{share:4.2f} of the limit  {above:8.1e} above the optimum")
