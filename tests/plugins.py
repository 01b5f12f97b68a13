"""Plug-ins as pip installs them, and programs that run where they are installed."""

import contextlib
import io
import json
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.programs import ROOT

EXAMPLE = ROOT / "examples" / "plugin"
NAMES = {
    "dataset": "xor",
    "loss": "logistic",
    "regularizer": "huber",
    "optimizer": "damped_momentum",
    "schedule": "warmup",
}
"""What the example adds, by the setting that names it."""
QUERY = NAMES | {
    "xor.examples": "60", "epochs": "2", "evaluations": "3", "learning_rate": "0.1"
}  # fmt: skip
"""An address with all of it."""


def install(source: Path, folder: Path) -> None:
    """Lay the package in `source` out in a folder: its modules, and what pip notes about it."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    shutil.copytree(source / name, folder / name)
    points = "\n".join(
        f"[{group}]\n" + "".join(f"{entry} = {value}\n" for entry, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
    (about / "METADATA").write_text(metadata, encoding="utf-8")
    (about / "entry_points.txt").write_text(points, encoding="utf-8")


def _in_core() -> Mapping[str, Any]:
    """What the library and the command line make of the plug-in."""
    from lossopt_core import FIELDS, Experiment, RunStore, certify, step_limits
    from lossopt_core.analysis.tables import tidy, to_csv
    from lossopt_core.cli.main import main
    from lossopt_core.exchange.scripts import with_lossopt, with_numpy
    from lossopt_core.exchange.sharing import pack

    options = [f"--{name}={value}" for name, value in NAMES.items()]
    train = ["train", *options, "--option", "examples=60", "--epochs=2", "--evaluations=3"]
    printed, said, help_text = io.StringIO(), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        code = main([*train, "--learning-rate=0.1"])
    with contextlib.redirect_stdout(help_text), contextlib.suppress(SystemExit):
        main(["train", "--help"])
    [run] = RunStore().load(RunStore().list()["id"])
    try:
        certificate = str(certify(run.experiment))
    except ValueError as error:
        certificate = str(error)
    ridge = run.experiment.replace(regularizer="l2", optimizer="gd", schedule="constant")
    limits = step_limits(ridge)
    assert limits is not None
    return {
        "code": code,
        "printed": printed.getvalue(),
        "said": said.getvalue(),
        "help": help_text.getvalue(),
        "names": {name: [*FIELDS[name].registry] for name in NAMES},  # type: ignore[union-attr]
        "id": run.id,
        "experiment": run.experiment.to_json(),
        "same": run.experiment == Experiment.from_json(run.experiment.to_json()),
        "objective": run.final["objective"],
        "certificate": certificate,
        "limits": [step_limits(run.experiment) is None, limits.guaranteed],
        "numpy": with_numpy(run.experiment),
        "lossopt": with_lossopt([run.experiment]),
        "csv": to_csv(tidy([run])),
        "shared": pack([run]),
    }


def _on_pages() -> Mapping[str, Any]:
    """What the app makes of it: an address with all entries, opened, trained and compared."""
    from lossopt_core import LOSSES, RunStore
    from lossopt_ui.experiment.saved_runs import SavedRun
    from lossopt_ui.runs import view_report
    from lossopt_ui.runs.groups import group_runs
    from lossopt_ui.runs.report import report
    from lossopt_ui.sweep.fair_tuning import NO_OPTIMA
    from tests.helpers import figures, open_one, open_page, trace, train, words

    app = train(open_one("train", QUERY | {"below": "optimum"}))
    [run] = RunStore().load(RunStore().list()["id"])
    objective = trace(figures(app)["objective-logistic"], "Logistic")
    found = {
        "exceptions": [str(each.value) for each in app.exception],
        "choices": {name: app.selectbox(key=name).options for name in NAMES},
        "chosen": {name: app.selectbox(key=name).value for name in NAMES},
        "option": app.number_input(key="xor.examples").value,
        "words": words(app),
        "id": run.id,
        "objective": run.final["objective"],
        "colour": objective["line"]["color"],
        "curve": objective["y"],
    }
    LOSSES["logistic"].colour = None
    compared = open_page("compare", {"runs": run.id, "rows": "runs", "colour": "loss"})
    found["compared"] = [str(each.value) for each in compared.exception]
    found["curves"] = figures(compared)["curves-all"]["data"]
    members = [SavedRun(run.id, run.experiment, run.history, run.status)]
    shown = group_runs(members, grouped=False, by=())
    parts = view_report._parts(shown, None, NO_OPTIMA)
    page = report("Report", "http://localhost/", parts).decode()
    found["report"] = re.sub("<script.*?</script>", "", page, flags=re.DOTALL)
    return found


if __name__ == "__main__":
    programs = {"core": _in_core, "pages": _on_pages}
    print(json.dumps(programs[sys.argv[1]]()))
