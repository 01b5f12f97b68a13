"""Hinge and cross-entropy on the same minibatches, and how near each comes to its optimum.

python -m examples.hinge_and_cross_entropy
"""

from lossopt_core import Experiment, certify, suggested_learning_rate, train

experiments = [
    Experiment(dataset="digits", loss=loss, strength=1e-2, schedule="cosine", epochs=50)
    for loss in ("hinge", "cross_entropy")
]
# One learning rate for both, so that they differ in the loss only.
rate = min(map(suggested_learning_rate, experiments))

print(f"{'loss':<14} {'test accuracy':>13} {'objective':>10} {'optimum':>8} {'gap':>6}")
for run in train([each.replace(learning_rate=rate) for each in experiments]):
    best = certify(run.experiment, target_gap=1e-3)
    objective, accuracy = run.final["objective"], run.final["test_accuracy"]
    print(
        f"{run.experiment.loss:<14} {accuracy:>13.1%} {objective:>10.4f}"
        f" {best.objective:>8.4f} {objective / best.objective - 1:>6.1%}"
    )
print("The objectives of two losses cannot be compared; the accuracies can.")
