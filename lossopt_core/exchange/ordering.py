"""The order of a run's rows: steps that go back, start again or were restarted."""

import numpy as np
import pandas as pd

from lossopt_core.exchange.meaning import LATER, Meaning
from lossopt_core.objective.linear import Array
from lossopt_core.texts import counted

STEP = "step"
EPOCH = "epoch"


def in_order(
    frame: pd.DataFrame, meaning: Meaning, rows: pd.Index, label: str, said: list[str]
) -> list[pd.DataFrame]:
    """The rows of one run with steps that only rise; several parts if they are kept apart.

    `frame` has the column `step` and one per metric, in the order of the file.  Its index are
    places in `rows`, the numbers of the rows in the file.
    """
    if len(frame) < 2 or not _segments(frame).to_numpy().any():
        return [frame]
    who = f" of {label}" if label else ""
    for mend in (_measured_after_the_epoch, _within_the_epoch, _newest_first, _shuffled):
        mended = mend(frame, meaning, who, said)
        if mended is not None:
            return [mended]
    return _restarted(frame, meaning, rows, who, said)


def _segments(frame: pd.DataFrame) -> pd.DataFrame:
    """For each metric, how often its steps went back so far, or had a second value.

    Metrics are looked at one by one, as some programs write all values of one before the next.
    """
    found = pd.DataFrame(0, index=frame.index, columns=_metrics(frame))
    steps = frame[STEP].to_numpy()
    for name in found.columns:
        values = frame[name].to_numpy()
        measured = np.flatnonzero(~np.isnan(values))
        change = np.diff(steps[measured])
        back = (change < 0) | ((change == 0) & (np.diff(measured) > 0) & _differs(values[measured]))
        counts = np.zeros(len(frame), dtype=np.int64)
        counts[measured[1:]] = back
        found[name] = np.cumsum(counts)
    return found


def _metrics(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame.columns if name not in (STEP, EPOCH, "update")]


def _differs(values: Array) -> Array:
    """Whether each value differs from the one before it, without inf − inf."""
    different: Array = values[1:] != values[:-1]
    return different


def _measured_after_the_epoch(
    frame: pd.DataFrame, meaning: Meaning, who: str, said: list[str]
) -> pd.DataFrame | None:
    """Validation rows of older Lightning have step 0: they belong to the step before them."""
    steps = frame[STEP].to_numpy()
    highest = np.maximum.accumulate(steps)
    behind = steps < highest
    if not behind.any() or len(np.unique(steps[behind])) > 1:
        return None
    measured = frame[_metrics(frame)].notna()
    there = measured[behind].any()
    elsewhere = measured.loc[~behind, there[there].index].sum()
    if not there.any() or (elsewhere > 1).any():
        return None
    said.append(
        f"{counted(behind.sum(), 'row')}{who} with step {steps[behind][0]:g} measure other columns:"
        " they are read as measured at the step before them."
    )
    return frame.assign(**{STEP: highest})


def _within_the_epoch(
    frame: pd.DataFrame, meaning: Meaning, who: str, said: list[str]
) -> pd.DataFrame | None:
    """Steps that start again in each epoch are counted on."""
    if EPOCH not in frame or meaning.x == EPOCH or frame[EPOCH].isna().any():
        return None
    steps, epochs = frame[STEP].to_numpy(), frame[EPOCH].to_numpy()
    rises = np.diff(epochs) > 0
    if (np.diff(epochs) < 0).any() or not ((np.diff(steps) < 0) == rises).all() or not rises.any():
        return None
    gaps = np.diff(steps)[~rises]
    gaps = gaps[gaps > 0]
    length = steps.max() - steps.min() + (np.median(gaps) if len(gaps) else 1)
    said.append(
        f"The steps{who} start again in each epoch, {steps.min():g} to {steps.max():g}: they are"
        f" counted on, {length:g} to an epoch."
    )
    order = np.unique(epochs, return_inverse=True)[1]
    return frame.assign(**{STEP: steps + order * length})


def _newest_first(
    frame: pd.DataFrame, meaning: Meaning, who: str, said: list[str]
) -> pd.DataFrame | None:
    if len(frame) < 3 or (np.diff(frame[STEP].to_numpy()) > 0).any():
        return None
    said.append(f"The rows{who} have the last step first: they are turned round.")
    return frame.iloc[::-1]


def _shuffled(
    frame: pd.DataFrame, meaning: Meaning, who: str, said: list[str]
) -> pd.DataFrame | None:
    """Rows in another order, such as sorted by their loss."""
    back = int((np.diff(frame[STEP].to_numpy()) < 0).sum())
    if not frame[STEP].is_unique or back <= _few(len(frame)):
        return None
    said.append(f"The rows{who} are not in the order of their steps: they are sorted.")
    return frame.sort_values(STEP, kind="stable")


def _few(rows: int) -> int:
    return max(3, rows // 5)


def _restarted(
    frame: pd.DataFrame, meaning: Meaning, rows: pd.Index, who: str, said: list[str]
) -> list[pd.DataFrame]:
    """Parts between restarts: separate, or each in place of what it repeats."""
    segments = _segments(frame)
    for name in segments:
        if segments[name].iloc[-1] > _few(int(frame[name].notna().sum())):
            place = int(np.flatnonzero(segments[name])[0])
            raise ValueError(
                f"row {rows[frame.index[place]]:,}: step {frame[STEP].iloc[place]:g}{who} already"
                " has another value; choose the column that identifies the runs"
            )
    most = segments.max().idxmax()
    starts = np.flatnonzero(np.diff(segments[most], prepend=0)).tolist()
    what = f"The steps{who} go back to " + ", ".join(
        f"{frame[STEP].iloc[place]:g} (row {rows[int(frame.index[place])]:,})" for place in starts
    )
    if meaning.restarts != LATER:
        parts = range(int(segments.to_numpy().max()) + 1)
        said.append(f"{what}, as after a restart: kept as {len(parts)} runs.")
        return [_only(frame, segments == part) for part in parts]
    kept = pd.DataFrame({name: _latest(frame, str(name), segments[name]) for name in segments})
    left_out = int((frame[kept.columns].notna() & ~kept).any(axis=1).sum())
    said.append(
        f"{what}, as after a restart: the later values are kept, {counted(left_out, 'row')} left"
        " out."
    )
    return [_only(frame, kept)]


def _only(frame: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """The rows with some of their values."""
    part = frame.copy()
    part[kept.columns] = part[kept.columns].where(kept)
    return part.dropna(how="all", subset=[*kept.columns])


def _latest(frame: pd.DataFrame, name: str, segments: pd.Series) -> pd.Series:
    """Whether a value is not repeated by a later segment."""
    steps = frame[STEP]
    measured = frame[name].notna()
    starts = steps[measured].groupby(segments[measured]).first()
    # The smallest step at which any later segment starts.
    after = starts[::-1].cummin()[::-1].shift(-1, fill_value=np.inf)
    kept: pd.Series = measured & (steps < segments.map(after))
    return kept
