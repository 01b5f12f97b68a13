"""The examples run, and show what they are meant to show."""

import re
from functools import cache

import pytest

from tests.programs import ROOT, run_python

# Words that each must print, by the name of its file.
EXAMPLES = {
    "hinge_and_cross_entropy": ["hinge", "cross_entropy", "test accuracy"],
    "pipeline": ["loss: ", "strength: ", "test accuracy: "],
    "step_limits": ["limit at the optimum", "1.05 of the limit"],
}

pytestmark = pytest.mark.slow


@cache
def output_of(example: str) -> str:
    return run_python("-W", "error", "-m", f"examples.{example}")


def test_every_example_is_tested_and_documented() -> None:
    assert {file.stem for file in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)
    guide = (ROOT / "docs" / "how-to" / "use-from-python.md").read_text(encoding="utf-8")
    assert [name for name in EXAMPLES if f"python -m examples.{name}" not in guide] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_prints_what_it_found(example: str) -> None:
    output = output_of(example)
    assert [words for words in EXAMPLES[example] if words not in output] == []
    assert not re.search(r"\bnan\b|\binf\b", output)


def test_training_converges_below_the_limit_at_the_optimum_and_not_above() -> None:
    found = re.findall(r"([\d.]+) of the limit +(\S+) above", output_of("step_limits"))
    assert len(found) == 5
    for share, above in found:
        assert (float(above) < 1e-4) == (float(share) < 1)


def test_accuracies_of_the_examples_are_high() -> None:
    for example, count in (("hinge_and_cross_entropy", 2), ("pipeline", 2)):
        shares = [float(each) for each in re.findall(r"(\d+\.\d)%", output_of(example))]
        assert len([each for each in shares if each > 94]) == count, shares
