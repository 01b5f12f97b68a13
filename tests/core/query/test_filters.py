"""The filter language against plain pandas, and errors that point at the place."""

import re
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossopt_core import LOSSES, Experiment, RunStore
from lossopt_core.analysis.tables import settings_table
from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice, Number
from lossopt_core.query.filters import (
    LONGEST,
    MAX_DEPTH,
    Filter,
    FilterError,
    is_relative,
    parse,
)
from lossopt_core.training.run import HISTORY_COLUMNS

ROWS = 240
NAMES = ["", "first try", "baseline", 'she said "no"', "50% (half)", "Überlauf", "a\\b"]
NOTES = ["", "diverged at once", "use this one", "see baseline"]
TAGS = [[], ["lecture"], ["lecture", "final run"], ["Final"]]


def quote(text: str) -> str:
    """The text as a filter takes it whatever is in it, in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def made_table(rows: int) -> pd.DataFrame:
    """Runs as `RunStore.list` tells them, with made-up results."""
    random = np.random.default_rng(0)

    def some(values):
        return [values[place] for place in random.integers(0, len(values), rows)]

    experiments = [
        Experiment(
            dataset=dataset,
            dataset_options={"spread": float(spread)} if dataset == "blobs" else {},
            loss=loss,
            regularizer=regularizer,
            strength=strength,
            optimizer=optimizer,
            seed=seed,
            standardize=bool(standardize),
        )
        for dataset, spread, loss, regularizer, strength, optimizer, seed, standardize in zip(
            some(["digits", "blobs", "moons"]),
            some([1.0, 2.5]),
            some(list(LOSSES)),
            some(["none", "l2", "l1"]),
            some([1e-3, 1e-2, 0.1]),
            some(["gd", "sgd", "adam"]),
            some(range(20)),
            some([True, False]),
            strict=True,
        )
    ]
    accuracy = random.integers(50, 101, rows) / 100
    accuracy[random.random(rows) < 0.2] = np.nan
    facts = pd.DataFrame(
        {
            "id": [each.id for each in experiments],
            "created": pd.Timestamp("2026-10-30", tz="UTC")
            + pd.to_timedelta(random.integers(0, 5 * 24 * 60, rows), unit="min"),
            "status": some(["finished", "diverged", "stopped"]),
            "name": some(NAMES),
            "note": some(NOTES),
            "tags": some(TAGS),
            "pinned": random.random(rows) < 0.3,
            "archived": random.random(rows) < 0.3,
            "objective": random.lognormal(size=rows),
            "test_accuracy": accuracy,
            "best_test_accuracy": accuracy,
        },
        index=range(rows),
    )
    return pd.concat([facts, settings_table(experiments)], axis=1).sample(frac=1, random_state=0)


TABLE = made_table(ROWS)


def chosen(text: str, table: pd.DataFrame = TABLE) -> list[bool]:
    return list(parse(text).matches(table))


def holds(mask) -> list[bool]:
    """A mask of pandas, in which what is missing is not true."""
    return list(mask.fillna(False).astype(bool))


def in_name(text):
    return TABLE["name"].str.contains(text, case=False, regex=False)


DAY = pd.Timestamp("2026-11-01", tz="UTC")
TRUTHS = {
    "loss = hinge": TABLE["loss"] == "hinge",
    "LOSS == Hinge": TABLE["loss"] == "hinge",
    'loss = "Cross-entropy"': TABLE["loss"] == "cross_entropy",
    "loss != hinge": TABLE["loss"] != "hinge",
    "loss ~ HINGE": TABLE["loss"].isin(["hinge", "squared_hinge"]),
    "loss in (hinge, one_vs_all)": TABLE["loss"].isin(["hinge", "one_vs_all"]),
    "loss not in (hinge, one_vs_all)": ~TABLE["loss"].isin(["hinge", "one_vs_all"]),
    "strength < 1e-2": TABLE["strength"] < 0.01,
    "strength <= .01": TABLE["strength"] <= 0.01,
    "strength>1%": TABLE["strength"] > 0.01,
    "strength >= +0.01": TABLE["strength"] >= 0.01,
    "strength in (0.1, 0.01)": TABLE["strength"].isin([0.1, 0.01]),
    "strength = 0.1": TABLE["strength"] == 0.1,
    "strength != 0.1": ~(TABLE["strength"] == 0.1),
    "strength is missing": TABLE["strength"].isna(),
    "strength is not missing": TABLE["strength"].notna(),
    "seed = 3": TABLE["seed"] == 3,
    "blobs.spread > 1": TABLE["blobs.spread"] > 1,
    "test_accuracy > 90%": TABLE["test_accuracy"] > 0.9,
    "test_accuracy = 57%": TABLE["test_accuracy"] == 0.57,
    "not test_accuracy > 0.9": ~(TABLE["test_accuracy"] > 0.9),
    "best_test_accuracy <= 0.6": TABLE["best_test_accuracy"] <= 0.6,
    "pinned": TABLE["pinned"],
    "not archived": ~TABLE["archived"],
    "pinned = false": ~TABLE["pinned"],
    "standardize != true": ~TABLE["standardize"].astype(bool),
    "status = Diverged": TABLE["status"] == "diverged",
    "name = BASELINE": TABLE["name"] == "baseline",
    'name ~ "RST TRY"': in_name("rst try"),
    "name contains ÜBER": in_name("über"),
    "name is missing": TABLE["name"] == "",
    "tag = lecture": TABLE["tags"].map(lambda tags: "lecture" in tags),
    "tag in (final, other)": TABLE["tags"].map(lambda tags: "Final" in tags),
    "tags contains final": TABLE["tags"].map(lambda tags: any("inal" in each for each in tags)),
    "tag is missing": TABLE["tags"].map(len) == 0,
    "created = 2026-11-01": TABLE["created"].dt.normalize() == DAY,
    "created > 2026-11-01": TABLE["created"] >= DAY + pd.Timedelta(days=1),
    "created >= 2026-11-01": TABLE["created"] >= DAY,
    "created < 2026-11-01": TABLE["created"] < DAY,
    'created <= "2026-11-01 12:00"': TABLE["created"] <= DAY + pd.Timedelta(hours=12),
    "created < 2026-11-01T12:00": TABLE["created"] < DAY + pd.Timedelta(hours=12),
    f"id = {TABLE['id'].iloc[0].upper()}": TABLE["id"] == TABLE["id"].iloc[0],
    TABLE["id"].iloc[0]: TABLE["id"] == TABLE["id"].iloc[0],
    "baseline": in_name("baseline") | TABLE["note"].str.contains("baseline"),
    '"final run"': TABLE["tags"].map(lambda tags: "final run" in tags),
    "squared adam": (TABLE["loss"] == "squared_hinge") & (TABLE["optimizer"] == "adam"),
    '"one-vs-rest"': TABLE["loss"] == "one_vs_all",
    '"loss"': pd.Series(False, TABLE.index),
    "loss = hinge and strength < 1e-2 and test_accuracy > 0.9": (
        (TABLE["loss"] == "hinge") & (TABLE["strength"] < 0.01) & (TABLE["test_accuracy"] > 0.9)
    ),
    "loss = hinge or loss = one_vs_all and pinned": (
        (TABLE["loss"] == "hinge") | ((TABLE["loss"] == "one_vs_all") & TABLE["pinned"])
    ),
    "(loss = hinge OR loss=one_vs_all) AND NOT pinned": (
        TABLE["loss"].isin(["hinge", "one_vs_all"]) & ~TABLE["pinned"]
    ),
    "not not pinned": TABLE["pinned"],
    "": pd.Series(True, TABLE.index),
    "  \t": pd.Series(True, TABLE.index),
}


@pytest.mark.parametrize("text", TRUTHS)
def test_a_filter_chooses_what_plain_pandas_chooses(text):
    truth = holds(TRUTHS[text])
    assert chosen(text) == truth
    if text.strip() not in ("", '"loss"'):
        assert 0 < sum(truth) < ROWS, "the table does not tell a right answer from a wrong one"


def test_the_answer_is_a_mask_for_the_table():
    mask = parse("pinned").matches(TABLE)
    assert mask.dtype == bool
    assert mask.index.equals(TABLE.index)
    assert TABLE[mask]["pinned"].all()


def test_a_column_that_the_table_does_not_have_is_missing_everywhere():
    table = TABLE.drop(columns=["blobs.spread", "tags", "name"])
    assert not any(chosen("blobs.spread > 0", table))
    assert not any(chosen("tag = lecture or name ~ a", table))
    assert all(chosen("blobs.spread != 1", table))
    assert all(chosen("blobs.spread is missing and tag is missing", table))
    assert chosen("baseline", table) == list(table["note"].str.contains("baseline"))


def test_every_column_of_a_store_can_be_filtered(address, finished):
    store = RunStore(address)
    assert chosen("loss = hinge or created > 2026-01-01 or hinge", store.list()) == []
    store.save(finished)
    table = store.list()
    assert sum(chosen("seed >= 2 and created > 2026-01-01 and status = finished", table)) == 2
    for name in (*declared_settings(), *HISTORY_COLUMNS, "id", "created", "status"):
        assert isinstance(parse(f"{name} is not missing"), Filter)
        if name in table:
            assert chosen(f"{name} is not missing", table) == list(table[name].notna())


ERRORS = {
    # the filter, the text that the caret stands below ("" is the end), and part of the message
    "stength < 1": ("stength", "no column 'stength'; did you mean 'strength'?"),
    "loss = hinge and foo = 1": ("foo", "no column 'foo'"),
    "loss = hinge2": ("hinge2", "'hinge2' is not one of hinge,"),
    "loss in (hinge, crossentropy)": ("crossentropy", "did you mean 'cross_entropy'?"),
    "status = done": ("done", "not one of finished, diverged, stopped"),
    "strength < high": ("high", "compared with a number"),
    "test_accuracy > 900": ("900", "at most 1 (100%), got '900'"),
    "epochs = 5 updates": ("5", "epochs is not measured in updates"),
    "lerning rate = 0.1": ("=", "instead of 'lerning rate', did you mean 'learning rate'?"),
    "loss = squared hing": ("hing", "instead of 'squared hing', did you mean 'squared hinge'?"),
    "my learning rate": ("learning", "'learning rate' is a column"),
    "best_test_accuracy < 120%": ("120%", "at most 1 (100%)"),
    "strength = nan": ("nan", "compared with a number"),
    "strength = 1_000": ("1_000", "compared with a number"),
    "strength ~ 1": ("~", "strength supports =, !=, <, <=, >, >=, in, but not contains"),
    "loss < hinge": ("<", "but not <"),
    "pinned = maybe": ("maybe", "true or false"),
    "pinned in (true)": ("pinned", "but not in"),
    "created > yesterdy": ("yesterdy", "such as 2026-11-01 or yesterday"),
    "created = yestrday": ("yestrday", "did you mean 'yesterday'?"),
    "created = 9999-12-31": ("9999-12-31", "such as 2026-11-01"),
    "loss": ("loss", "'loss' is a column"),
    "pinned loss": ("pinned", "'pinned' is a column"),
    "my loss": ("loss", "'loss' is a column"),
    'name = ""': ('""', "empty text"),
    '" "': ('" "', "empty text"),
    "loss =": ("", "a value is missing at the end"),
    "loss = and pinned": ("and", "a value is missing before 'and'"),
    "loss = = hinge": ("= hinge", "a value is missing before '='"),
    "= hinge": ("=", "exactly one column is needed before '='"),
    "my loss = hinge": ("=", "exactly one column is needed before '='"),
    "pinned and": ("", "a condition is missing at the end"),
    "pinned and or archived": ("or", "a condition is missing before 'or'"),
    "()": (")", "a condition is missing before ')'"),
    "(pinned": ("", "a closing parenthesis is missing at the end"),
    "pinned)": (")", "has no opening one"),
    "loss in hinge": ("hinge", "a list in parentheses is missing before 'hinge'"),
    "loss in (hinge": ("", "a comma or a closing parenthesis is missing at the end"),
    "loss in (hinge cross_entropy)": ("cross", "a comma or a closing parenthesis is missing"),
    "loss not hinge": ("hinge", "'in' is missing"),
    "strength is 3": ("3", "'missing' or 'not missing'"),
    "name = my run": ("run", "'and' or 'or' is missing before 'run'; text with spaces needs"),
    "pinned, archived": (",", "'and' or 'or' is missing"),
    'pinned and "half': ('"half', "never closed"),
    "pinned and wow!": ("!", "unexpected '!'"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_names_the_problem_and_points_at_the_place(text):
    below, words = ERRORS[text]
    with pytest.raises(FilterError, match=re.escape(words)) as caught:
        parse(text)
    error = caught.value
    assert error.message == str(error)
    assert error.position == (text.index(below) if below else len(text))
    line, caret = error.pointer.split("\n")
    assert line == text
    assert caret == " " * error.position + "^"


ALIKE = {
    # in the words of the pages: in names
    "Learning rate = 0.1": "learning_rate = 0.1",
    "learning rate \u03b1 > 0.01 and loss = Squared hinge": (
        "learning_rate > 0.01 and loss = squared_hinge"
    ),
    "lr in (0.1, 0.01)": "learning_rate in (0.1, 0.01)",
    "optimizer = GD (full batch)": "optimizer = gd",
    "blobs: spread = 1": "blobs.spread = 1",
    "Test accuracy > 57 %": "test_accuracy > 0.57",
    "accuracy < 57 per cent": "test_accuracy < 57%",
    "test_accuracy >= 57": "test_accuracy >= 0.57",
    "epochs = 20 epochs": "epochs = 20",
    "squared hinge": '"squared hinge"',
}


@pytest.mark.parametrize("text", ALIKE)
def test_columns_and_values_can_be_called_what_the_pages_call_them(text):
    assert chosen(text) == chosen(ALIKE[text])


def test_every_label_is_a_name_of_its_setting():
    for name, declared in declared_settings().items():
        dataset, _, _ = name.rpartition(".")
        label = f"{DATASETS[dataset].label}: {declared.label}" if dataset else declared.label
        assert chosen(f"{label} is missing") == chosen(f"{name} is missing")
        for value, entry in getattr(declared, "registry", {}).items():
            shown = entry if isinstance(entry, str) else entry.label
            assert chosen(f"{label} = {shown}") == chosen(f"{name} = {quote(value)}")


NOW = datetime(2026, 11, 12, 0, 30, tzinfo=timezone(timedelta(hours=2)))  # a Thursday


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        # Hours before half past midnight, at UTC+2.
        ("today", {0.4}),
        ("yesterday", {0.6, 20}),
        ("created >= yesterday", {0.4, 0.6, 20}),
        ("created < yesterday", {30, 80, 200}),
        ("created > yesterday", {0.4}),
        ("last hour", {0.4, 0.6}),
        ("last 24 hours", {0.4, 0.6, 20}),
        ("past 2 days", {0.4, 0.6, 20, 30}),
        ("this week", {0.4, 0.6, 20, 30}),
        ("4 days ago", {80}),
        ("not last week", {200}),
        ("created >= 30 hours ago", {0.4, 0.6, 20, 30}),
    ],
)
def test_relative_times_are_those_of_the_reader(text, hours):
    ages = [0.4, 0.6, 20, 30, 80, 200]
    table = pd.DataFrame({"created": [NOW - timedelta(hours=age) for age in ages]})
    table["created"] = pd.to_datetime(table["created"], utc=True)
    assert is_relative(text)
    found = parse(text, NOW).matches(table)
    assert {age for age, one in zip(ages, found, strict=True) if one} == hours


def test_a_filter_has_bounds():
    with pytest.raises(FilterError, match="1,001 characters; the maximum is 1,000"):
        parse("a" * (LONGEST + 1))
    deep = "not " * MAX_DEPTH + "pinned"
    with pytest.raises(FilterError, match=f"nested more than {MAX_DEPTH} deep") as caught:
        parse(deep)
    assert caught.value.position == deep.index("pinned")
    assert chosen(deep.removeprefix("not not ")) == list(TABLE["pinned"])
    assert chosen("(" * 400 + "pinned" + ")" * 400) == list(TABLE["pinned"])
    with pytest.raises(FilterError):
        parse("(" * LONGEST)


@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_quoted_text_is_taken_as_it_is(name):
    assert chosen(f"name = {quote(name)}") == list(TABLE["name"] == name)
    assert any(chosen(quote(name)))


# ---- Random filters: the same tree as text and as pandas says it


def recased(word):
    return st.sampled_from([word, word.upper(), word.title()])


@st.composite
def claims(draw):
    """One comparison, as (text, mask)."""
    known = declared_settings()
    name = draw(st.sampled_from(["strength", "seed", "loss", "pinned", "name", "test_accuracy"]))
    column = TABLE[name]
    if name == "pinned":
        return draw(recased(name)), column
    if draw(st.booleans()):
        negation = draw(st.booleans())
        empty = column.isna() | (column == "") if name == "name" else column.isna()
        return f"{name} is {'not ' * negation}missing", ~empty if negation else empty
    if name == "name":
        part = draw(st.sampled_from(["a", "first", '"', "\\", "%", "e", "(half)"]))
        return f"name {draw(recased('contains'))} {quote(part)}", in_name(part)
    if isinstance(known.get(name), Choice):
        values = draw(st.lists(st.sampled_from(list(LOSSES)), min_size=1, max_size=3))
        return f"{name} in ({', '.join(values)})", column.isin(values)
    sign = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
    whole = isinstance(known.get(name), Number) and known[name].whole
    value = draw(st.sampled_from(list(range(20)) if whole else [0.001, 0.01, 0.1, 0.57, 0.9]))
    numbers = column.astype("float64")
    operations = {
        "=": numbers.eq, "!=": numbers.ne, "<": numbers.lt,
        "<=": numbers.le, ">": numbers.gt, ">=": numbers.ge,
    }  # fmt: skip
    written = draw(st.sampled_from([f"{value!r}", f"{value:e}", f"{100 * value:g}%"]))
    return f"{name}{draw(st.sampled_from(['', ' ']))}{sign} {written}", operations[sign](value)


@st.composite
def combined(draw, parts):
    if draw(st.booleans()):
        text, mask = draw(parts)
        return f"{draw(recased('not'))} ({text})", ~mask.astype(bool)
    members = draw(st.lists(parts, min_size=2, max_size=3))
    word = draw(st.sampled_from(["and", "or"]))
    text = f" {draw(recased(word))} ".join(f"({each})" for each, _ in members)
    masks = np.array([mask.astype(bool) for _, mask in members])
    return text, pd.Series(masks.all(axis=0) if word == "and" else masks.any(axis=0), TABLE.index)


@settings(max_examples=60, deadline=None)
@given(st.recursive(claims(), combined, max_leaves=8))
def test_a_random_filter_matches_the_combination_of_its_parts(case):
    text, mask = case
    if len(text) <= LONGEST:
        assert chosen(text) == list(mask.astype(bool))


PIECES = 'loss = != < ( ) , and or not in is missing " \\ hinge strength 1e-2 90% ~ contains ! é'


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES.split()), max_size=25).map(" ".join))
@example("strength = 1e999999")
@example("strength = 1e-999999%")
@example("\x00")
@example("\ud800 = \ud800")
def test_any_text_is_a_filter_or_an_error_within_it(text):
    problem = None
    try:
        assert len(parse(text).matches(TABLE)) == ROWS
    except FilterError as error:
        problem = error
    assert problem is None or (problem.message and 0 <= problem.position <= len(text))
