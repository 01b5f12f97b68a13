"""How long a certificate takes: the best possible objective of digits, with its proof.

    pip install -r requirements.txt
    python -m benchmarks.certify_speed           # three minutes
    python -m benchmarks.certify_speed --quick   # a smoke run, on wine

All 1,797 examples, standardised, on one thread.  For cross-entropy with an L2 penalty there is
scikit-learn's LogisticRegression (L-BFGS) to compare with.  It proves nothing: its time is that
of the largest tolerance, by powers of ten, that ends within the certificate's relative gap of
1e-6.
"""

import argparse
import platform
import time
import warnings
from importlib.metadata import version

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from lossopt_core import LOSSES, Certificate, Experiment, certify, load_data
from lossopt_core.duality import Problem

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


def main() -> None:
    """Certify, compare, print."""
    parser = argparse.ArgumentParser(description="How long certificates take.")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    quick = parser.parse_args().quick
    strengths, dataset = (STRENGTHS[2:3], "wine") if quick else (STRENGTHS, "digits")
    warnings.simplefilter("ignore", ConvergenceWarning)
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
