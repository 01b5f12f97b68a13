"""Hinge and cross-entropy on the same minibatches, and how near each comes to its optimum.

python -m examples.hinge_and_cross_entropy
"""

from lossopt_core import Experiment, certify, suggested_learning_rate, train

experiments = [
    Experiment(dataset="digits", loss=loss, strength=1e-2, schedule="cosine", epochs=50)
    for loss in ("hinge", "cross_entropy")
]
# Each at its own tuned rate: one rate for both would favour the loss that it suits.
tuned = [each.replace(learning_rate=suggested_learning_rate(each)) for each in experiments]

print(f"{'loss':<14} {'rate':>6} {'test accuracy':>13} {'objective':>10} {'optimum':>8} {'gap':>6}")
for run in train(tuned):
    best = certify(run.experiment, target_gap=1e-3)
    objective, accuracy = run.final["objective"], run.final["test_accuracy"]
    print(
        f"{run.experiment.loss:<14} {run.experiment.learning_rate:>6g} {accuracy:>13.1%}"
        f" {objective:>10.4f}"
        f" {best.objective:>8.4f} {objective / best.objective - 1:>6.1%}"
    )
print("The objectives of two losses cannot be compared; the accuracies can.")
