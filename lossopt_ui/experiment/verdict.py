"""A paired difference as one plain sentence."""

import math
from collections.abc import Collection
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from lossopt_core.analysis.paired_inference import MIN_PAIRS
from lossopt_core.analysis.pairing import (
    FRESH,
    HIGHER,
    LOWER,
    NOT_SEEN,
    ORDER,
    SPLIT,
    TOO_FEW,
    PairedDifference,
    max_comparisons,
    pairs_for,
)
from lossopt_core.experiment.measures import MEASURES

UNITS = {ORDER: "seeds", SPLIT: "splits", FRESH: "samples of the data"}
VARIED = {
    ORDER: "only the initialization and the minibatch order vary, the data stay the same",
    SPLIT: "each seed has its own train/test split, so the result applies to new data of this kind",
    FRESH: "each seed has its own sample of the data, so the result applies to new data of this"
    " kind",
}


MAX_DIGITS = 4
"""Most significant digits of a range whose ends are close together."""


def sentence(name: str, baseline: str, column: str, found: PairedDifference) -> str:
    """'cross-entropy is 0.4 to 1.1 points better than hinge (10 seeds)', or why there is none."""
    said = _sentence(name, baseline, column, found)
    if not found.left_out:
        return said
    runs = "1 run" if found.left_out == 1 else f"{found.left_out} runs"
    return f"{said} Left out: {runs} without a comparable result, or without a run to pair with."


def _sentence(name: str, baseline: str, column: str, found: PairedDifference) -> str:
    units = UNITS[found.varies]
    seeds = f"{found.n} {units}" + ", which change neither result" * found.fixed
    match found.verdict:
        case verdict if verdict == TOO_FEW:
            return (
                f"{name}: too few {units} in common with {baseline} for a verdict ({found.n}); it"
                f" takes at least {MIN_PAIRS}."
            )
        case verdict if verdict == NOT_SEEN:
            said = f"{name}: no detectable difference from {baseline}"
            return f"{said} ({seeds}{_interval(column, found)}).{_resolution(found)}"
        case verdict if verdict in (LOWER, HIGHER):
            said = f"{name} is {_how_much(column, found)} than {baseline} ({seeds})."
            return f"{said}{_resolution(found)}"
    return f"{name}: {_why_not_at_once(found)}"


def _why_not_at_once(found: PairedDifference) -> str:
    """Why there is no verdict for this many comparisons, and what would give one."""
    units, at_once = UNITS[found.varies], f"{found.comparisons} comparisons at once"
    if enough := pairs_for(found.comparisons):
        return (
            f"too few {units} ({found.n}) for {at_once}."
            f" Compare fewer, or train at least {enough} {units} of each."
        )
    return (
        f"{at_once} are too many for a verdict, with any number of {units}. Make at most"
        f" {max_comparisons()}."
    )


def _how_much(column: str, found: PairedDifference) -> str:
    """'0.4 to 1.1 points better': the interval, the end nearer to 0 first."""
    measure = MEASURES[column]
    scale = 100.0 if measure.percent else 1.0
    near, far = sorted((abs(found.low) * scale, abs(found.high) * scale))
    unit = " points" if measure.percent else ""
    said = f"{near:.{MAX_DIGITS}g}" if found.fixed else _outwards(near, far)
    amount = f"{said}{unit}"
    if not measure.better:
        return f"{amount} {found.verdict}"
    better = found.verdict == measure.better
    return f"{amount} {'better' if better else 'worse'}"


def _interval(column: str, found: PairedDifference) -> str:
    """'; 95 % CI: 1.0 points worse to 0.6 points better': undetected is not the same as zero."""
    if not found.low < found.high:
        return ""
    measure = MEASURES[column]
    scale, unit = (100.0, " points") if measure.percent else (1.0, "")
    ends = [Decimal(f"{abs(end) * scale:.12g}") for end in (found.low, found.high)]
    place = math.floor(math.log10((found.high - found.low) * scale)) - 1
    less, more = (f"{_written(_at_place(end, place, ROUND_CEILING))}{unit}" for end in ends)
    words = {"higher": ("worse", "better"), "lower": ("better", "worse"), "": ("lower", "higher")}
    down, up = words[measure.better]
    return f"; 95 % CI: {less} {down} to {more} {up}"


def _resolution(found: PairedDifference) -> str:
    """' One example is 2.2 points.', if that step and not the spread determines the range."""
    if not found.step or not (found.alike or abs(found.difference) < found.step):
        return ""
    example = f"ne example is {100.0 * found.step:.2g} points"
    if not found.alike:
        return f" O{example}."
    pairs = f"{found.n} pairs are too few to rule out rare differences"
    amount = "No pair differs" if found.difference == 0 else "All pairs differ by the same amount"
    return f" {amount}, but {pairs}; o{example}."


def _outwards(near: float, far: float) -> str:
    """Both ends, rounded outwards to the digits that the width of the range justifies."""
    width = max(far - near, far * 10.0 ** (2 - MAX_DIGITS))
    place = math.floor(math.log10(width)) - 1
    low = _at_place(near, place, ROUND_FLOOR)
    while low == 0:  # a significant difference is not reported as 0
        place -= 1
        low = _at_place(near, place, ROUND_FLOOR)
    return f"{_written(low)} to {_written(_at_place(far, place, ROUND_CEILING))}"


def _at_place(value: float | Decimal, place: int, rounding: str) -> Decimal:
    return Decimal(value).quantize(
        Decimal(1).scaleb(place), context=Context(prec=400, rounding=rounding)
    )


def _written(value: Decimal) -> str:
    return f"{value:f}" if abs(value) >= Decimal("0.001") else f"{value.normalize():e}"


def note(all_found: Collection[PairedDifference]) -> str:
    """What the seeds vary and, if a range is shown, how it was computed."""
    found = next((each for each in all_found if _has_range(each)), None)
    varied = VARIED[(found or next(iter(all_found))).varies]
    parts = [f"{varied[0].upper()}{varied[1:]}."]
    if found is None:
        return parts[0]
    parts.append("The range is a 95 % confidence interval of the mean paired difference")
    if found.comparisons > 1:
        parts[-1] += f", corrected for {found.comparisons} comparisons (Bonferroni)"
    parts[-1] += "."
    if found.step:
        parts.append("It allows for outcomes that no pair has shown yet.")
    if found.varies == SPLIT:
        parts.append("Because the splits overlap, it is widened by Nadeau and Bengio's correction.")
    return " ".join(parts)


def _has_range(found: PairedDifference) -> bool:
    """Whether its sentence contains a range; equal pairs give a single number."""
    return found.n >= MIN_PAIRS and found.low < found.high


def mean_of_several(name: str, column: str) -> str:
    """Why a metric is not compared for a group of runs with several losses."""
    return (
        f"{name}: its runs have different losses, so a mean {_measure(column)} would be"
        " meaningless. Compare an accuracy."
    )


def not_comparable(name: str, baseline: str, column: str) -> str:
    """Why a metric is not compared between runs with different losses."""
    return (
        f"{name}: {_measure(column)} is not comparable with {baseline}, which has a different"
        " loss. Compare an accuracy."
    )


def _measure(column: str) -> str:
    return MEASURES[column].label.split(" (")[0].lower()
