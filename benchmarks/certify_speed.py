"""How long a certificate takes: the best possible objective of digits, with its proof.

    pip install -r requirements.txt
    python -m benchmarks.certify_speed           # three minutes
    python -m benchmarks.certify_speed --quick   # a smoke run, on wine
    python -m benchmarks.certify_speed --matrix  # how near every optimizer comes; half a minute

All 1,797 examples, standardised, on one thread.  For cross-entropy with an L2 penalty there is
scikit-learn's LogisticRegression (L-BFGS) to compare with.  It proves nothing: its time is that
of the largest tolerance, by powers of ten, that ends within the certificate's relative gap of
1e-6.

The matrix trains every optimizer under every penalty and loss, full batch with the cosine
schedule, on 50 examples, and prints how far above the certified optimum each ends.
"""

import argparse
import platform
import time
import warnings
from importlib.metadata import version

import numpy as np
from sklearn.exceptions import ConvergenceWarning as SklearnWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    Certificate,
    ConvergenceWarning,
    Experiment,
    certify,
    load_data,
    suggested_learning_rate,
    train,
)
from lossopt_core.certify.duality import Problem

PENALTIES = ("l2", "l1", "elastic_net")
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
GAP = 1e-6


def seconds_of_scikit_learn(experiment: Experiment, certificate: Certificate) -> float:
    """Until LogisticRegression is within the gap; infinite where it never is."""
    data, problem = load_data(experiment), Problem.of(experiment)
    for power in range(3, 13):
        model = LogisticRegression(
            C=1.0 / (2.0 * experiment.strength * len(data.train_labels)),
            tol=10.0**-power,
            max_iter=100_000,
        )
        start = time.perf_counter()
        model.fit(data.train_features, data.train_labels)
        seconds = time.perf_counter() - start
        objective = problem.objective(np.hstack([model.coef_, model.intercept_[:, None]]))
        if objective - certificate.lower_bound <= GAP * objective:
            return seconds
    return np.inf


def print_matrix(epochs: int) -> None:
    """Optimizer x penalty x loss: the distance of the objective from its optimum at the end."""
    base = Experiment(
        dataset="blobs",
        dataset_options={"examples": 50, "classes": 3, "features": 2, "spread": 4.0},
        test_fraction=0.0, strength=0.05, l1_ratio=0.6, epochs=epochs, evaluations=5,
        schedule="cosine", batch_size=50,
    )  # fmt: skip
    print(f"| loss | penalty | optimum | {' | '.join(OPTIMIZERS)} |")
    print(f"| --- | --- | ---: |{' ---: |' * len(OPTIMIZERS)}")
    for loss in LOSSES:
        for penalty in REGULARIZERS:
            experiments = [
                base.replace(loss=loss, regularizer=penalty, optimizer=name) for name in OPTIMIZERS
            ]
            runs = train(
                [
                    each.replace(learning_rate=3 * suggested_learning_rate(each))
                    for each in experiments
                ]
            )
            ends = [run.final["objective"] for run in runs]
            best = certify(base.replace(loss=loss, regularizer=penalty), target_gap=1e-7).objective
            told = " | ".join(f"{max(0.0, end - best):.0e}" for end in ends)
            print(f"| {loss} | {penalty} | {best:.6f} | {told} |", flush=True)


def main() -> None:
    """Certify, compare, print."""
    parser = argparse.ArgumentParser(description="How long certificates take.")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    parser.add_argument("--matrix", action="store_true", help="how near every optimizer comes")
    chosen = parser.parse_args()
    quick = chosen.quick
    if chosen.matrix:
        warnings.simplefilter("ignore", ConvergenceWarning)
        with threadpool_limits(1):
            print_matrix(epochs=30 if quick else 800)
        return
    strengths, dataset = (STRENGTHS[2:3], "wine") if quick else (STRENGTHS, "digits")
    warnings.simplefilter("ignore", SklearnWarning)
    print(f"NumPy {version('numpy')}, scikit-learn {version('scikit-learn')};", end=" ")
    print(f"Python {platform.python_version()} on {platform.machine()}; one thread.\n")
    print("| loss | penalty | strength | seconds | relative gap | scikit-learn / lossopt |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    with threadpool_limits(1):
        for loss in LOSSES:
            for penalty in PENALTIES:
                for strength in strengths:
                    experiment = Experiment(
                        dataset=dataset, loss=loss, regularizer=penalty, strength=strength,
                        test_fraction=0.0,
                    )  # fmt: skip
                    found = certify(experiment)
                    ratio = ""
                    if (loss, penalty) == ("cross_entropy", "l2"):
                        ratio = (
                            f"{seconds_of_scikit_learn(experiment, found) / found.seconds:.1f} ×"
                        )
                    print(
                        f"| {loss} | {penalty} | {strength:g} | {found.seconds:.2f}"
                        f" | {found.relative_gap:.0e} | {ratio} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
