"""How often the intervals of paired differences hold the truth, for accuracies.

    python -m benchmarks.coverage                # a few minutes: 2,000 repetitions of each
    python -m benchmarks.coverage --quick        # seconds, for the tests

Two settings are compared on test parts of 45 (wine) and 450 examples (digits) with 6, 10 and 20
pairs, by the public `paired_difference`.  The scenarios draw the numbers of correct test examples;
their true mean difference is known.  Coverage is how often the 95 % interval holds it;
a false alarm is a verdict where the true difference is 0.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from lossopt_core import Experiment, paired_difference
from lossopt_core.analysis.pairing import NOT_SEEN
from lossopt_core.objective.linear import Array

REPETITIONS = 2_000
PAIRS = (6, 10, 20)
PARTS = {
    45: Experiment(dataset="wine", test_fraction=0.25),
    450: Experiment(dataset="digits", test_fraction=0.25),
}
"""An experiment by the size of its test part."""

Shape = tuple[int, int]
Counts = tuple[Array, Array]
"""Correct test examples of the baseline and of the other setting, (repetitions, pairs) each."""


@dataclass(frozen=True)
class Scenario:
    """How often each setting is right, and by how many examples they differ in truth.

    draw        (random, shape, experiment) to counts
    difference  (experiment) to the true mean difference, in test examples
    splits      seeds vary the split of the data, not only the order of the minibatches
    """

    draw: Callable[[np.random.Generator, Shape, Experiment], Counts]
    difference: Callable[[Experiment], float]
    splits: bool = False

    @property
    def equal(self) -> bool:
        """Whether there is no difference to be found."""
        return self.difference(PARTS[45]) == 0


@dataclass(frozen=True)
class Found:
    """Shares of the repetitions, and the mean width in test examples."""

    coverage: float
    alarms: float
    width: float


def changed(size: int, rate: float, splits: bool = False) -> Scenario:
    """The other setting has `size` more examples right in a share `rate` of the pairs."""

    def draw(random: np.random.Generator, shape: Shape, each: Experiment) -> Counts:
        base = random.binomial(each.test_examples - 5 - size, 0.95, shape).astype(np.float64)
        return base, base + size * (random.random(shape) < rate)

    return Scenario(draw, lambda _: size * rate, splits)


def tied(size: int, rate: float, splits: bool = False) -> Scenario:
    """In a share `rate` of the pairs one of the two, by chance, has `size` more right."""

    def draw(random: np.random.Generator, shape: Shape, each: Experiment) -> Counts:
        base = random.binomial(each.test_examples - 10, 0.95, shape) + 5.0
        return base, base + size * random.choice([-1, 1], shape) * (random.random(shape) < rate)

    return Scenario(draw, lambda _: 0.0, splits)


def independent(first: float, second: float) -> Scenario:
    """Every example of every pair is right with these probabilities."""

    def draw(random: np.random.Generator, shape: Shape, each: Experiment) -> Counts:
        one, two = (random.binomial(each.test_examples, p, shape) for p in (first, second))
        return one.astype(np.float64), two.astype(np.float64)

    return Scenario(draw, lambda each: each.test_examples * (second - first))


def disagreeing(first: float, second: float) -> Scenario:
    """In one finite sample of new data, these shares of examples only one of the two has right.

    Splits draw their test parts from the sample without replacement.  The true difference is that
    on the population from which the sample comes: no split can show more than the sample does.
    """

    def draw(random: np.random.Generator, shape: Shape, each: Experiment) -> Counts:
        size, tested = each.size.examples, each.test_examples
        numbers = random.multinomial(size, [first, second, 1 - first - second], shape[0])
        one, two, both = (np.repeat(numbers[:, [k]], shape[1], axis=1) for k in range(3))
        only_first = random.hypergeometric(one, two + both, tested)
        only_second = random.hypergeometric(two, both, tested - only_first)
        shared = (tested - only_first - only_second).astype(np.float64)
        return shared + only_first, shared + only_second

    return Scenario(draw, lambda each: each.test_examples * (second - first), splits=True)


SCENARIOS = {
    "order: 1 more in 10 % of the pairs": changed(1, 0.1),
    "order: 2 more in 25 % of the pairs": changed(2, 0.25),
    "order: 1 more in 80 % of the pairs": changed(1, 0.8),
    "order: 1 more in every pair": changed(1, 1.0),
    "order: equal results": changed(0, 1.0),
    "order: 1 more or less in 20 %": tied(1, 0.2),
    "order: 1 more or less in every pair": tied(1, 1.0),
    "order: 3 more or less in 30 %": tied(3, 0.3),
    "order: both 90 %, independent": independent(0.9, 0.9),
    "order: 98 % and 90 %, independent": independent(0.98, 0.9),
    "splits: 1 more in 10 % of the pairs": changed(1, 0.1, splits=True),
    "splits: equal results": changed(0, 1.0, splits=True),
    "splits: 1 more or less in every pair": tied(1, 1.0, splits=True),
    "splits: each alone right on 3 %": disagreeing(0.03, 0.03),
    "splits: each alone right on 0.5 %": disagreeing(0.005, 0.005),
    "splits: one alone right on 1 %": disagreeing(0.0, 0.01),
    "splits: alone right on 1 % and 5 %": disagreeing(0.01, 0.05),
}


def simulate(scenario: Scenario, examples: int, pairs: int, repetitions: int) -> Found:
    """Coverage and false alarms of as many comparisons, each of as many pairs."""
    base: Experiment = PARTS[examples]
    firsts = [
        base.replace(**{"split_seed" if scenario.splits else "seed": k}) for k in range(pairs)
    ]
    seconds = [each.replace(loss="hinge") for each in firsts]
    random = np.random.default_rng([examples, pairs])
    counts = scenario.draw(random, (repetitions, pairs), base)
    truth = scenario.difference(base) / examples
    found = [
        paired_difference(
            dict(zip(firsts, one.tolist(), strict=True)),
            dict(zip(seconds, two.tolist(), strict=True)),
            measure="test_accuracy",
        )
        for one, two in zip(*(each / examples for each in counts), strict=True)
    ]
    room = 1e-9  # sums of shares round
    return Found(
        coverage=float(np.mean([each.low - room <= truth <= each.high + room for each in found])),
        alarms=float(np.mean([each.verdict != NOT_SEEN for each in found])),
        width=float(np.mean([each.high - each.low for each in found])) * examples,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 repetitions, for the tests")
    repetitions = 20 if parser.parse_args().quick else REPETITIONS
    print("| scenario | test examples | pairs | coverage | false alarms | width (examples) |")
    print("|---|--:|--:|--:|--:|--:|")
    results: dict[str, list[Found]] = {name: [] for name in SCENARIOS}
    for name, examples, pairs in product(SCENARIOS, PARTS, PAIRS):
        found = simulate(SCENARIOS[name], examples, pairs, repetitions)
        results[name].append(found)
        shares = _shares(name, found.coverage, found.alarms)
        print(f"| {name} | {examples} | {pairs} | {shares} | {found.width:.1f} |", flush=True)
    print("\n| scenario | lowest coverage | highest rate of false alarms |")
    print("|---|--:|--:|")
    for name, each in results.items():
        least, most = min(found.coverage for found in each), max(found.alarms for found in each)
        print(f"| {name} | {_shares(name, least, most)} |")


def _shares(name: str, coverage: float, alarms: float) -> str:
    return f"{coverage:.1%} | {f'{alarms:.1%}' if SCENARIOS[name].equal else '–'}"


if __name__ == "__main__":
    main()
