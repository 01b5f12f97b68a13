"""Scripts do what they say: they are run, and give the figures of the runs they were made of."""

import ast
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import (
    DATASETS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    Experiment,
    RunStore,
    train,
)
from lossopt_core.cli.main import main
from lossopt_core.exchange.scripts import with_lossopt, with_numpy
from lossopt_core.exchange.scripts.numpy_alone import MAX_LINES
from lossopt_core.training.run import DIVERGED, FINISHED
from tests.experiments import MADE, TINY
from tests.programs import ROOT, run_python

IRIS = Experiment(
    dataset="iris", loss="hinge", batch_size=16, epochs=6, learning_rate=0.05, evaluations=10
)
OPTIONS = {
    "blobs": {"examples": 90, "classes": 4, "features": 3, "spread": 0.1 + 0.2},
    "mnist_like": {"examples": 300, "features": 30},
    "spiral": {"classes": 4, "points": 25, "noise": 0.3},
    "moons": {"examples": 60, "noise": 0.05},
    "circles": {"examples": 60, "noise": 0.05, "inner_radius": 0.4},
}
CASES = {
    **{
        f"{loss} {optimizer}": IRIS.replace(loss=loss, optimizer=optimizer)
        for loss, optimizer in itertools.product(LOSSES, OPTIMIZERS)
    },
    **{
        f"{loss} {optimizer} on exact ties": TINY.replace(loss=loss, optimizer=optimizer)
        for loss, optimizer in itertools.product(LOSSES, ["gd", "sgd", "adam"])
    },
    **{
        f"{penalty} {optimizer} with init_scale": IRIS.replace(
            regularizer=penalty, optimizer=optimizer, strength=0.03, l1_ratio=0.3, init_scale=0.5
        )
        for penalty, optimizer in itertools.product(REGULARIZERS, OPTIMIZERS)
    },
    **{
        f"{schedule} {penalty}": IRIS.replace(
            schedule=schedule, regularizer=penalty, optimizer="adam", strength=0.02
        )
        for schedule, penalty in itertools.product(SCHEDULES, ["l1", "elastic_net"])
    },
    **{
        f"the data set {dataset}": Experiment(
            dataset=dataset,
            dataset_options=OPTIONS.get(dataset, {}),
            test_fraction=0.0 if dataset == "course_demo" else 0.3,
            batch_size=4,
            epochs=2,
            split_seed=7,
            seed=2**32 - 1,
        )
        for dataset in MADE
    },
    "averaging": IRIS.replace(averaging=True, init_scale=1.0),
    "averaging with a memory": IRIS.replace(averaging=True, optimizer="momentum", momentum=1 / 3),
    "with replacement": IRIS.replace(replacement=True),
    "label noise": IRIS.replace(label_noise=0.2, split_seed=3),
    "another margin": IRIS.replace(margin=2.5, loss="one_vs_all"),
    "not standardised": IRIS.replace(standardize=False, learning_rate=1e-3),
    "no test part": IRIS.replace(test_fraction=0),
    "one batch": IRIS.replace(batch_size=100, seed=5),
}
DIVERGING = {
    "diverged on a minibatch": IRIS.replace(learning_rate=1e3, strength=0.1, evaluations=2),
    "diverged at an evaluation": IRIS.replace(
        learning_rate=1e3, strength=0.1, evaluations=200, optimizer="gd", epochs=50
    ),
    "diverged on the average": IRIS.replace(
        learning_rate=1e3, strength=0.1, evaluations=12, averaging=True, epochs=50
    ),
}
ALL = CASES | DIVERGING


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every script with NumPy alone, in a file of its own, where no lossopt is to be found."""
    folder = tmp_path_factory.mktemp("scripts")
    for number, experiment in enumerate(ALL.values()):
        (folder / f"script_{number}.py").write_text(with_numpy(experiment), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(folder):
    """What each of them prints; they share a process, since imports take most of the time."""
    program = (
        "import json, runpy, sys, io, contextlib\n"
        "texts = []\n"
        "for number in range(int(sys.argv[2])):\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as text:\n"
        "        runpy.run_path(f'{sys.argv[1]}/script_{number}.py', run_name='__main__')\n"
        "    texts.append(text.getvalue())\n"
        "assert not any('lossopt' in name for name in sys.modules)\n"
        "print(json.dumps(texts))\n"
    )
    texts = json.loads(run_python("-I", "-c", program, str(folder), str(len(ALL))))
    return dict(zip(ALL, texts, strict=True))


@pytest.mark.parametrize("case", ALL)
def test_numpy_alone_gives_the_same_objective(case, printed):
    [run] = train([ALL[case]])
    assert run.status == (DIVERGED if case in DIVERGING else FINISHED)
    word, number = printed[case].split()
    assert word == "objective"
    assert float(number) == pytest.approx(run.final["objective"], rel=1e-12, abs=0)


def test_diverged_runs_end_before_all_updates_are_made():
    """Otherwise the cases above would not show that scripts end there, too."""
    ends = {case: train([each])[0].final["update"] for case, each in DIVERGING.items()}
    assert all(ends[case] < DIVERGING[case].updates for case in DIVERGING)
    evaluated = DIVERGING["diverged at an evaluation"]
    [rarely] = train([evaluated.replace(evaluations=2)])
    assert ends["diverged at an evaluation"] == rarely.final["update"] - 1


@pytest.mark.parametrize("case", ALL)
def test_numpy_alone_takes_at_most_forty_lines(case):
    script = with_numpy(ALL[case])
    assert len(script.splitlines()) <= MAX_LINES == 40
    assert "lossopt_core" not in script


def test_only_what_was_chosen_is_in_the_script():
    script = with_numpy(IRIS.replace(regularizer="none", optimizer="gd"))
    names = {node.id for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Name)}
    assert not names & {"strength", "momentum", "learning_rate", "random", "mean", "m", "v"}
    assert {"margin", "rate", "violations", "W", "X", "y", "scores"} <= names


def test_scripts_are_formatted_as_this_project_is(folder, tmp_path):
    for number, experiments in enumerate(
        [[IRIS], [Experiment()], [*CASES.values()][:60], [IRIS.replace(seed=s) for s in range(3)]]
    ):
        (tmp_path / f"library_{number}.py").write_text(with_lossopt(experiments), encoding="utf-8")
    rules = ("--config", str(ROOT / "pyproject.toml"), "--no-cache", str(folder), str(tmp_path))
    run_python("-m", "ruff", "format", "--check", *rules)
    run_python("-m", "ruff", "check", *rules)


@pytest.mark.parametrize(
    ("setting", "registry"),
    [
        ("loss", LOSSES),
        ("regularizer", REGULARIZERS),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
        ("dataset", DATASETS),
    ],
)
def test_an_entry_without_numpy_code_is_named(setting, registry, monkeypatch):
    name = getattr(IRIS, setting)
    cls = registry[name] if isinstance(registry[name], type) else type(registry[name])
    monkeypatch.setattr(cls, "numpy_code", None)
    with pytest.raises(ValueError, match=rf"{registry.kind} {cls.label} has no NumPy code"):
        with_numpy(IRIS)
    assert with_lossopt([IRIS])


def test_an_unknown_brace_in_numpy_code_is_reported(monkeypatch):
    monkeypatch.setattr(type(DATASETS["iris"]), "numpy_code", "X = {rows}\n")
    with pytest.raises(ValueError, match=r"may only have \{split_seed\} in single braces"):
        with_numpy(IRIS)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (IRIS.replace(stopping="no_progress"), "not support early stopping: stopping must be none"),
        (IRIS.replace(precision="float32"), "precision must be float64, got float32"),
        (
            Experiment(
                dataset="spiral",
                regularizer="elastic_net",
                optimizer="adam",
                averaging=True,
                label_noise=0.1,
            ),
            "needs 4[0-9]; use the default of dataset or regularizer or optimizer or",
        ),
    ],
)
def test_experiments_without_a_numpy_script_are_rejected(experiment, words):
    with pytest.raises(ValueError, match=words):
        with_numpy(experiment)


# ---- With the library


def test_the_script_with_the_library_prints_the_final_metrics(tmp_path):
    experiments = [TINY.replace(loss=loss, seed=seed) for loss in LOSSES for seed in range(2)]
    experiments += [Experiment(epochs=1), IRIS.replace(averaging=True)]
    file = tmp_path / "script.py"
    file.write_text(with_lossopt(experiments), encoding="utf-8")
    output = run_python(str(file), PYTHONPATH=str(ROOT))
    for run in train(experiments):
        assert f"{run.id}  finished  objective {run.final['objective']}\n" in output
    assert output.count("objective") == len(experiments)


def rebuilt(script: str) -> list[Experiment]:
    """The experiments that a script would train."""
    tree = ast.parse(script)
    assert isinstance(tree.body[-1], ast.For)
    names = {}
    exec(compile(ast.Module(tree.body[:-1], type_ignores=[]), "script", "exec"), names)
    return names["experiments"]


@st.composite
def experiments(draw):
    return Experiment(
        dataset=draw(st.sampled_from(["digits", "blobs", "spiral"])),
        loss=draw(st.sampled_from(list(LOSSES))),
        margin=draw(st.sampled_from([1.0, 1 / 3])),
        regularizer=draw(st.sampled_from(list(REGULARIZERS))),
        strength=draw(st.floats(0, 1e3)),
        optimizer=draw(st.sampled_from(list(OPTIMIZERS))),
        learning_rate=draw(st.floats(1e-8, 1e4)),
        batch_size=draw(st.sampled_from([16, 32])),
        averaging=draw(st.booleans()),
        stopping=draw(st.sampled_from(["none", "no_progress"])),
        standardize=draw(st.booleans()),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(experiments(), min_size=1, max_size=4))
def test_a_script_trains_the_very_same_runs(several):
    assert [each.id for each in rebuilt(with_lossopt(several))] == [each.id for each in several]


@pytest.mark.parametrize("dataset", DATASETS)
def test_scripts_include_data_set_options_and_small_batches(dataset):
    """A batch size that only the chosen data set allows, and options that only some have."""
    one = Experiment(
        dataset=dataset,
        dataset_options=OPTIONS.get(dataset, {}),
        batch_size=3,
        test_fraction=0.0,
    )
    several = [one, one.replace(batch_size=2), Experiment(), TINY]
    assert [each.id for each in rebuilt(with_lossopt(several))] == [each.id for each in several]


def test_only_what_differs_is_written_out():
    lines = with_lossopt([IRIS.replace(seed=seed, optimizer="gd") for seed in (0, 1)]).splitlines()
    assert "    Experiment(**common, seed=0)," in lines
    assert "    Experiment(**common, seed=1)," in lines
    [start] = [place for place, line in enumerate(lines) if line.startswith("common")]
    written = " ".join(lines[start : lines.index("experiments = [")])
    assert '"dataset": "iris"' in written
    for unsaid in ("batch_size", "momentum", "margin", "strength", "standardize"):
        assert unsaid not in written
    assert "Experiment(learning_rate=0.1)" in with_lossopt([Experiment()]), "always with its rate"
    with pytest.raises(ValueError, match="at least one run"):
        with_lossopt([])


# ---- On the command line


def test_the_command_line_writes_both_scripts(address, finished, tmp_path, capsys):
    RunStore(address).save(finished)
    ids = [run.id for run in finished]
    assert main(["script", *ids, "--store", address]) == 0
    assert [each.id for each in rebuilt(capsys.readouterr().out)] == ids
    file = tmp_path / "script.py"
    assert main(["script", ids[0], "--numpy", "--store", address, "--output", str(file)]) == 0
    assert "1 run written to" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == with_numpy(finished[0].experiment)
    assert main(["script", *ids, "--numpy", "--store", address]) == 2
    assert "--numpy takes exactly one run, got 4" in capsys.readouterr().err
    assert main(["script", "unknown", "--store", address]) == 2
    assert "there is no run 'unknown'" in capsys.readouterr().err
