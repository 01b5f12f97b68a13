"""The command line as people use it: mostly through a process of its own."""

import json
import os
import shlex
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from lossopt_core import (
    DATASETS,
    FIELDS,
    LOSSES,
    OPTIMIZERS,
    Experiment,
    RunStore,
    train,
)
from lossopt_core.analysis.tuned_rate import tuned_rates
from lossopt_core.cli.main import main, parser
from lossopt_core.experiment.grid import grid
from lossopt_core.training.run import HISTORY_COLUMNS
from tests.programs import ROOT, run_python

THE_ISSUES_LINE = (
    "train --dataset digits --loss hinge cross_entropy --optimizer gd sgd --strength 1e-3 --seeds 3"
)
QUICK = (
    "train --dataset course_demo --batch-size 2 --epochs 2 --test-fraction 0 --standardize false"
)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path / 'runs.db'}")
    return RunStore()


def call(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lossopt_core", *shlex.split(line)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def begin(line: str) -> subprocess.Popen[str]:
    """The command under way, in a group of processes of its own: a terminal's Ctrl-C is for all."""
    return subprocess.Popen(
        [sys.executable, "-m", "lossopt_core", *shlex.split(line)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def experiments(line: str) -> list[Experiment]:
    return grid(vars(parser().parse_args(["train", *shlex.split(line)])))


def test_the_readme_command_trains_saves_and_prints_the_whole_grid(store):
    done = call(THE_ISSUES_LINE)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == [
        *("loss", "optimizer", "learning_rate", "seed"),
        *("objective", "train_accuracy", "test_accuracy", "status", "id"),
    ]
    assert len(rows) == 12
    assert all("finished" in row for row in rows)
    assert "Training 12 runs: 100 %" in done.stderr

    lanes = [
        Experiment(loss=loss, optimizer=optimizer, strength=1e-3)
        for loss in ("hinge", "cross_entropy")
        for optimizer in ("gd", "sgd")
    ]
    wanted = {
        lane.replace(seed=seed, learning_rate=found.rate).id
        for lane, found in zip(lanes, tuned_rates(lanes).values(), strict=True)
        for seed in range(3)
    }
    assert set(store.list()["id"]) == wanted
    assert {row.split()[-1] for row in rows} == wanted


def test_what_is_in_the_store_is_not_trained_again(store, capsys):
    assert main(shlex.split(QUICK)) == 0
    before = store.list()
    capsys.readouterr()
    assert main(shlex.split(f"{QUICK} --loss hinge cross_entropy")) == 0
    output, messages = capsys.readouterr()
    assert "1 of 2 runs already saved." in messages
    assert "Training 1 run:" in messages
    assert len(output.splitlines()) == 3
    after = store.list()
    assert len(after) == 2
    assert after["created"][0] == before["created"][0]


def test_ctrl_c_keeps_finished_runs_and_the_same_command_continues(store):
    line = f"{QUICK} --epochs 2 100000 --optimizer adam --learning-rate 0.01"
    process = begin(line)
    while len(store.list()) < 1:  # the short one is done, the long one begun
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, messages = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped after 1 of 2 runs. Run the same command again to continue." in messages
    assert "Traceback" not in messages
    table = store.list().set_index("epochs")
    assert table["status"][2] == "finished"
    assert table["status"].get(100000, "stopped") == "stopped"
    assert "finished" in output
    assert len(store.missing(experiments(line.removeprefix("train ")))) == 1


def test_with_several_jobs_the_runs_are_the_same(store):
    line = f"{QUICK} --learning-rate 0.01 0.02 0.05 --seeds 3"
    assert main(shlex.split(f"{line} --jobs 2")) == 0
    for alone in train(experiments(line.removeprefix("train "))):
        [kept] = store.load([alone.id])
        assert kept.weights == pytest.approx(alone.weights, rel=1e-12)
        assert kept.status == "finished"


@pytest.mark.slow
def test_ctrl_c_keeps_finished_runs_of_several_jobs(store):
    line = f"{QUICK} --epochs 2 100000 --optimizer adam --learning-rate 0.01 --jobs 2"
    process = begin(line)
    while len(store.list()) < 1:
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all processes hear it
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped after 1 of 2 runs. Run the same command again to continue." in messages
    assert "Traceback" not in messages


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_while_tuning_trains_nothing(store, jobs):
    process = begin(f"{QUICK} --epochs 100000 --jobs {jobs}")
    assert process.stderr is not None
    said = [process.stderr.readline() for _ in range(2)]
    assert said[1].startswith("Tuning 1 learning rate: 0 %")
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert messages.endswith("lossopt: interrupted\n")
    assert "Traceback" not in messages
    assert store.list().empty


def test_jobs_out_of_range_are_rejected(store, capsys):
    assert main(shlex.split(f"{QUICK} --jobs 0")) == 2
    assert "jobs must be a whole number from 1 to 1024, got 0" in capsys.readouterr().err


# ---- the grid


def test_every_field_is_an_option_and_its_default_is_the_experiments(store):
    assert experiments("") == [Experiment()]
    for name, declaration in FIELDS.items():
        value = str(declaration.default).lower()
        assert experiments(f"--{name.replace('_', '-')} {value}") == [Experiment()]


def test_the_grid_is_every_combination_but_each_run_once():
    margins = experiments("--loss hinge cross_entropy --margin 1 2")
    assert [(each.loss, each.margin) for each in margins] == [
        *(("hinge", 1.0), ("hinge", 2.0)),
        ("cross_entropy", 1.0),  # which does not look at the margin
    ]
    assert len(experiments("--learning-rate 0.1 1 --batch-size 8 16 --optimizer gd sgd")) == 6
    assert [each.seed for each in experiments("--seeds 3")] == [0, 1, 2]
    assert [each.seed for each in experiments("--seed 5 7")] == [5, 7]
    assert [each.epochs for each in experiments("--epochs 1e2")] == [100]
    assert [each.standardize for each in experiments("--standardize true False")] == [True, False]


def test_options_apply_to_the_data_sets_that_have_them():
    def options(line):
        return [(each.dataset, dict(each.dataset_options)) for each in experiments(line)]

    spreads = options("--dataset digits blobs --option spread=1 2 classes=4")
    assert [name for name, _ in spreads] == ["digits", "blobs", "blobs"]
    assert [(each["spread"], each["classes"]) for _, each in spreads[1:]] == [(1, 4), (2, 4)]

    shared = options("--dataset blobs spiral --option classes=4")
    assert [each["classes"] for _, each in shared] == [4, 4]
    named = options("--dataset blobs spiral --option blobs.classes=4 --option spiral.classes=5")
    assert [each["classes"] for _, each in named] == [4, 5]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--loss nonsense", "loss must be one of hinge,"),
        ("--strength=-1", "strength must be a number from 0 to 1000, got -1"),
        ("--strength nan", "strength must be a number from 0 to 1000, got nan"),
        ("--epochs 0", "epochs must be a whole number from 1 to"),
        ("--epochs 1.5", "epochs must be a whole number from 1 to"),
        ("--epochs many", "got 'many'"),
        ("--standardize perhaps", "standardize must be true or false, got 'perhaps'"),
        ("--batch-size 5000", "batch_size must be at most the 1347 training examples, got 5000"),
        ("--dataset blobs --option spread=99", "option spread must be a number from 0.1 to 10"),
        (
            "--dataset blobs --option arms=3",
            "blobs has no option 'arms'; options: examples, classes,",
        ),
        ("--option spread=1", "digits has no option 'spread'; options: none"),
        ("--dataset blobs --option spread", "option must be NAME=VALUE, got 'spread'"),
        ("--seeds 0", "seeds must be a whole number from 1 to"),
        ("--seeds 2 --seed 3", "not allowed with"),
        ("--seeds 10000 --margin 1 2", "the grid has 20,000 experiments; the maximum is 10,000"),
        ("--nonsense 3", "unrecognized arguments: --nonsense 3"),
        ("--loss", "expected at least one argument"),
        ("--loss 'a\nb'", r"got 'a\nb'"),
    ],
)
def test_a_bad_value_is_one_line_and_exit_2(line, words, store, capsys):
    try:
        code = main(["train", *shlex.split(line)])
    except SystemExit as end:
        code = end.code
    output, message = capsys.readouterr()
    assert code == 2
    assert output == ""
    assert message.startswith("lossopt: ")
    assert words in message
    assert message.count("\n") == 1
    assert not Path(store.address.removeprefix("sqlite:///")).exists()


def test_a_bad_value_is_one_line_and_exit_2_in_a_process_too(store):
    done = call("train --loss hing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"lossopt: loss must be one of {', '.join(LOSSES)}, got 'hing'"
        " (no loss with this name is built in or added by an installed plug-in);"
        " did you mean 'hinge'?\n"
    )


# ---- runs, export, help


def test_runs_lists_the_newest_last(store, capsys):
    assert main(["runs"]) == 0
    assert "No runs in sqlite:" in capsys.readouterr().err
    main(shlex.split(f"{QUICK} --seeds 3"))
    capsys.readouterr()
    assert main(["runs", "--last", "2"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:6] == ["id", "created", "dataset", "loss", "optimizer", "seed"]
    assert [row.split()[0] for row in rows] == list(store.list()["id"])[1:]


def test_an_exported_csv_is_read_back_by_pandas(store, tmp_path):
    main(shlex.split(f"{QUICK} --seeds 2 --optimizer gd sgd"))
    file = tmp_path / "runs.csv"
    done = call(f"export --format csv --output {shlex.quote(str(file))}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"4 runs written to {file}.\n"
    table = pd.read_csv(file, dtype={"id": str})
    runs = store.load(store.list()["id"])
    assert len(table) == sum(len(run.history) for run in runs)
    for run in runs:
        mine = table[table["id"] == run.id].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            mine[list(HISTORY_COLUMNS)], run.history, check_exact=True, check_dtype=False
        )


def test_chosen_runs_are_exported_as_json_to_stdout(store, capsys):
    main(shlex.split(f"{QUICK} --seeds 2"))
    capsys.readouterr()
    wanted = store.list()["id"][1]
    assert main(["export", wanted, "--format", "json"]) == 0
    rows = json.load(StringIO(capsys.readouterr().out))
    assert {row["id"] for row in rows} == {wanted}
    assert rows[-1]["objective"] == store.list()["objective"][1]


def test_runs_are_exported_to_tensorboard_under_their_names(store, tmp_path, capsys):
    pytest.importorskip("tensorboard")
    main(shlex.split(f"{QUICK} --seeds 2"))
    first, second = store.list()["id"]
    store.annotate([first], name="the first")
    capsys.readouterr()
    assert main(["export", "--to", "tensorboard", str(tmp_path / "logs")]) == 0
    assert capsys.readouterr() == (
        "",
        f"2 runs written to {tmp_path}/logs: tensorboard --logdir {tmp_path}/logs\n",
    )
    assert {each.name for each in (tmp_path / "logs").iterdir()} == {
        f"the first {first}",
        f"cross_entropy sgd seed=1 {second}",
    }


@pytest.mark.slow
def test_runs_are_exported_to_mlflow_once(store, tmp_path, capsys, monkeypatch):
    pytest.importorskip("mlflow")
    pytest.importorskip("alembic")
    main(shlex.split(f"{QUICK} --seeds 2"))
    monkeypatch.chdir(tmp_path)
    [first, _] = store.list()["id"]
    assert main(["export", first, "--to", "mlflow"]) == 0
    capsys.readouterr()
    assert main(["export", "--to", "mlflow", "--output", "sqlite:///mlflow.db"]) == 0
    assert capsys.readouterr().err == (
        "1 run logged to sqlite:///mlflow.db, 1 already there:"
        " mlflow ui --backend-store-uri sqlite:///mlflow.db\n"
    )
    assert (tmp_path / "mlflow.db").is_file()


def test_unknown_runs_and_formats_and_broken_stores_are_one_line(store, tmp_path, capsys):
    (tmp_path / "no.db").write_text("not a database\n" * 100)
    for line, code in (
        ("export nobody", 2),
        ("export --format xls", 2),
        ("export --to paper x", 2),
        ("export --to tensorboard x --output y", 2),
        ("export --to tensorboard x y", 2),
        ("export --to mlflow 0123456789abcdef", 2),
        ("runs --last none", 2),
        (f"runs --store 'sqlite:///{tmp_path}/no.db'", 1),
        ("runs --store nonsense", 1),
        (f"export --output '{tmp_path}/no/such/place.csv'", 1),
    ):
        assert main(shlex.split(line)) == code, line
        output, message = capsys.readouterr()
        assert output == ""
        assert message.startswith("lossopt: ")
        assert message.count("\n") == 1


def test_another_store_can_be_named(store, tmp_path):
    other = f"sqlite:///{tmp_path / 'other' / 'runs.db'}"
    assert main(shlex.split(f"{QUICK} --store '{other}'")) == 0
    assert len(RunStore(other).list()) == 1
    assert store.list().empty


def test_help_lists_every_setting_range_default_and_name(capsys):
    with pytest.raises(SystemExit) as end:
        main(["train", "--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, declaration in FIELDS.items():
        assert f"--{name.replace('_', '-')} " in text
        assert declaration.help in text
    for registry in (LOSSES, OPTIMIZERS, DATASETS):
        for name, entry in registry.items():
            assert f"{name} {entry.summary}" in text
    assert "1 to 100000, default 20." in text
    assert "spread= Standard deviation of a blob. 0.1 to 10, default 1.5." in text
    assert "--loss hinge cross_entropy" in text


def test_help_and_runs_do_not_wait_for_scikit_learn(store):
    code = """
import sys
from lossopt_core.cli.main import main
main(["runs"])
try:
    main(["--help"])
except SystemExit:
    pass
assert not {"sklearn", "scipy", "streamlit", "plotly"} & set(sys.modules)
"""
    run_python("-c", code)


@pytest.mark.skipif(os.name == "nt", reason="runs a pipe in a POSIX shell")
def test_a_closed_pipe_is_not_an_error(store):
    main(shlex.split(f"{QUICK} --epochs 400 --evaluations 1000"))
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m lossopt_core export | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("id,dataset,")
    assert done.stderr == ""
