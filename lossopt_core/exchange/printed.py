"""Lines that programs print while they train: names and numbers in sentences, not in columns.

    Epoch 3/10 - loss: 0.12 - acc: 98.1%                       Keras, scripts
    [20]    train-logloss:0.45    eval-logloss:0.50            XGBoost, LightGBM, CatBoost
    {'loss': 0.33, 'learning_rate': 5e-05, 'epoch': 2.0}       Hugging Face
    Iteration 4, loss = 0.25                                   scikit-learn
    Epoch 1: 100%|####| 32/32 [00:01<00:00, loss=0.5]          progress bars

Each line with a number under a name is a row.  A line that only counts, such as "Epoch 3/10", is
about the lines below it.  Of the states of a progress bar the last one counts.
"""

import re
from collections.abc import Iterator

import pandas as pd

from lossopt_core.exchange.metric_names import TEST, TRAIN, VALIDATION, measure_of, plain
from lossopt_core.fields import brief
from lossopt_core.files.choices import Choices, Question
from lossopt_core.files.content import CSV, Content
from lossopt_core.files.encodings import decoded
from lossopt_core.files.limits import TEXT_BYTES, check_size
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.store.quotas import Budget
from lossopt_core.texts import counted, listed

FORMAT = "printed lines"
SAMPLE = 400
"""Lines that decide whether a file has them."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|NaN|NAN|inf|Inf|INF)"
_WORD = r"[A-Za-z_][\w./@-]*(?:'s)?"
PAIR = re.compile(
    rf"(?P<name>{_WORD}(?: {_WORD}){{0,3}})['\"]?(?P<sign>\s*[:=]\s*['\"]?|\s+)"
    rf"(?P<number>{_NUMBER})(?P<whole>/\d+)?(?P<percent>\s?%)?(?![\w]|\.\d)"
)
COUNT = re.compile(
    r"\b(?P<name>epoch|step|iteration|iter|round|batch)\b\s*[:=#]?\s*[\[(]?\s*(?P<number>\d+)\b(?!\.\d)",
    re.IGNORECASE,
)
FIRST = re.compile(r"\s*(?:\[(?P<inside>\d+)\]|(?P<bare>\d+):)\s")
"""The number of a round at the beginning of a line."""
WITHIN = re.compile(r"\[\s*(?P<number>\d+)/(?P<all>\d+)\s*\(")
"""The examples seen within an epoch, as in PyTorch's examples: [640/60000 (1%)]."""
CLOCK = re.compile(r"\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*|\[?\b\d{1,2}:\d\d:\d\d\S*")
LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING)\b\s*[:|-]?")
COLOURS = re.compile(r"\x1b\[[\d;]*[A-Za-z]")
PHASE = re.compile(
    r"[-*=\s]*(?P<phase>[A-Za-z]+)(?: set| epoch| results?)?\s*[:\[-]", re.IGNORECASE
)
GUESSED = " (loss?)"
PHASES = TRAIN | VALIDATION | TEST
COUNTS = ("epoch", "step", "iteration", "iter", "round", "batch")


def is_printed(content: Content) -> bool:
    """Whether most lines with letters have a loss or an accuracy with its number."""
    if content.format != CSV:
        return False
    try:
        text, _ = decoded(content.data[:200_000])
    except ValueError:
        return False
    lines = [line for _, _, line in _lines(text)][:SAMPLE]
    measured = [line for line in lines if any(_is_measure(name) for name in _row(line))]
    counting = [line for line in lines if COUNT.search(line)]
    return len(measured) > 1 and 4 * len({*measured, *counting}) >= len(lines)


def sheet_from_printed(content: Content, choices: Choices, budget: Budget) -> Sheet:
    """A row for each line that has numbers under names; the others are named as left out."""
    text, encoding = decoded(content.data, choices.encoding)
    budget.check_unpacked(TEXT_BYTES * (text.count(":") + text.count("=")))
    rows: dict[tuple[int, str], tuple[int, dict[str, str]]] = {}
    context: dict[str, str] = {}
    left_out: list[str] = []
    overwritten = 0
    for number, part, line in _lines(text):
        found = _row(line)
        counts = {name: value for name, value in found.items() if name in COUNTS}
        if len(found) == len(counts):
            context |= counts
            if not counts:
                left_out.append(f"line {number:,}: {line.strip()[:60]}")
            continue
        context |= counts
        row = {**context, **found}
        # What a progress bar showed before is not in the line any more.
        key = (number, row.get("epoch", "")) if part else (number, f"{part} {row.get('epoch', '')}")
        overwritten += key in rows
        rows[key] = number, row
    return _sheet([*rows.values()], encoding, left_out, overwritten)


def _sheet(
    rows: list[tuple[int, dict[str, str]]], encoding: str, left_out: list[str], overwritten: int
) -> Sheet:
    names = [*dict.fromkeys(name for _, row in rows for name in row)]
    check_size(len(rows), len(names), [number for number, _ in rows])
    cells = pd.DataFrame({name: [row.get(name, "") for _, row in rows] for name in names})
    cells.index = pd.Index([number for number, _ in rows])
    said = [f"Read as lines that a program printed: {counted(len(rows), 'line')} with numbers."]
    if left_out:
        said.append(f"Lines without numbers are left out: {listed(left_out, 6)}.")
    if overwritten:
        said.append(f"{counted(overwritten, 'state')} of progress bars left out, but the last.")
    bare = [name for name in names if name.endswith(GUESSED)]
    questions = tuple(
        Question(
            "metric",
            f"What does {brief(name.partition(' ')[0])} measure? The lines do not say. Read as the"
            " loss.",
        )
        for name in bare
    )
    return Sheet(cells, FORMAT, Dialect(None, encoding, skipped=tuple(left_out)), tuple(names),
                 decimal=".", said=tuple(said), questions=questions)  # fmt: skip


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Number of the line, number of the state of it that a progress bar showed, and its text."""
    for number, line in enumerate(text.split("\n"), start=1):
        for part, state in enumerate(line.rstrip("\r").split("\r")):
            if state.strip():
                yield number, part, LEVEL.sub("", CLOCK.sub(" ", COLOURS.sub("", state)))


def _row(line: str) -> dict[str, str]:
    """The numbers in a line by their names, first those that count."""
    found: dict[str, str] = {}
    for match in COUNT.finditer(line):
        found.setdefault(match["name"].lower(), match["number"])
    if not found and (first := FIRST.match(line)):
        found["iteration"] = first["inside"] or first["bare"]
    if within := WITHIN.search(line):
        found["batch"] = within["number"]
    phase = _phase(line)
    for match in PAIR.finditer(line):
        name = match["name"].replace("'s", "")
        last = plain(name.split(" ")[-1])
        if last in COUNTS:
            found.setdefault(last, match["number"])
            continue
        if not match["sign"].strip() and not measure_of(name).what:
            continue
        if plain(name) in PHASES and match["number"].isdigit():  # Train: 3 [640/60000 (1%)]
            found.setdefault("epoch", match["number"])
            continue
        found.setdefault(*_named(name, phase, match))
    return found


def _named(name: str, phase: str, match: re.Match[str]) -> tuple[str, str]:
    measure = measure_of(name)
    if plain(name) in PHASES:
        name = f"{name}{GUESSED}"
    elif phase and measure.what and not measure.split:
        name = f"{phase} {name}"
    number = match["number"]
    if match["whole"]:  # 9832/10000
        number = repr(float(number) / max(1.0, float(match["whole"][1:])))
    return name, f"{number}%" if match["percent"] else number


def _phase(line: str) -> str:
    match = PHASE.match(line)
    return match["phase"].lower() if match and match["phase"].lower() in PHASES else ""


def _is_measure(name: str) -> bool:
    return bool(measure_of(name).what) or name.endswith(GUESSED)
