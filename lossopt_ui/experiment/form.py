"""The form for the settings of an experiment, and the experiment built from it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import streamlit as st

from lossopt_core import DATASETS, OPTIMIZERS, Experiment, uploads
from lossopt_core.experiment.description import parameter_names
from lossopt_core.experiment.precision import PRECISIONS
from lossopt_core.fields import Choice
from lossopt_core.objective.losses import LOSS_SETTINGS
from lossopt_core.objective.regularizers import PENALTY_SETTINGS
from lossopt_core.optim.optimizers import RULE_SETTINGS
from lossopt_core.optim.stopping import STOPPING
from lossopt_ui.config import budgets
from lossopt_ui.identity import workspace
from lossopt_ui.state import pages, widgets
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.session import WidgetKey

_CHOSEN: WidgetKey[str] = WidgetKey("ask.own_data")


def data() -> dict[str, Any]:
    """Controls of the data set and its split."""
    dataset = widgets.setting("dataset")
    if DATASETS[dataset].summary and not widgets.hidden("dataset"):
        st.caption(DATASETS[dataset].summary)
    options = (
        own_data()
        if DATASETS[dataset].uploaded
        else {name: widgets.setting(f"{dataset}.{name}") for name in DATASETS[dataset].options}
    )
    names = ("test_fraction", "validation", "standardize", "label_noise", "split_seed")
    with folded("Split, scaling and label noise", *names):
        rest = {name: widgets.setting(name) for name in names}
    return {"dataset": dataset, "dataset_options": options} | rest


def choose_data(kept: uploads.UploadedData) -> None:
    """Select this uploaded data set for experiments. For callbacks."""
    widgets.put_all(
        {"dataset": "own"} | {f"own.{name}": each for name, each in kept.options.items()}
    )


def own_data() -> dict[str, Any]:
    """A select box of the visitor's uploaded data sets, and a link to the upload page."""
    options = {name: widgets.value(f"own.{name}") for name in DATASETS["own"].options}
    with workspace.store_errors_shown():
        found = {each.fingerprint: each for each in workspace.upload_store().list()}
        if options["data"] in found:
            _CHOSEN.set(options["data"])
            st.selectbox(
                "Uploaded data set",
                list(found),
                format_func=lambda mark: found[mark].name,
                key=_CHOSEN.name,
                on_change=lambda: choose_data(found[_CHOSEN.get()]),
            )
        elif options["data"] != pages.DECLARED["own.data"].default:
            st.caption("This data set is missing. Upload its file in the message at the top.")
        elif found:
            st.info("Choose one of your data sets.")
            for mark, each in found.items():
                label = escape_markdown(each.name)
                st.button(label, key=f"own-{mark}", on_click=choose_data, args=(each,))
        else:
            st.info("You have not uploaded any data yet.")
        if options["test"]:
            st.caption(
                f"The file's own test part, {options['test']:,} examples, is the test set. The test"
                " fraction only switches it off (0), and the split seed does not change it."
            )
        st.page_link(pages.DATA.file, label="Upload or manage data", icon=":material/upload_file:")
    return options


def loss() -> dict[str, Any]:
    """Controls of the loss."""
    return _entry("loss", LOSS_SETTINGS)


def regularizer() -> dict[str, Any]:
    """Controls of the penalty."""
    return _entry("regularizer", PENALTY_SETTINGS)


def optimizer() -> dict[str, Any]:
    """Controls of the update rule, except the learning rate: see `learning_rate`."""
    chosen = _entry("optimizer", RULE_SETTINGS)
    if not OPTIMIZERS[chosen["optimizer"]].full_batch:
        chosen["batch_size"] = widgets.setting("batch_size")
    return chosen


def run(evaluations: str = "evaluations") -> dict[str, Any]:
    """Controls of the number of epochs, the randomness and the stopping rule.

    `evaluations` names the setting for the number of evaluations: a sweep has another default.
    """
    epochs = widgets.setting("epochs")
    with folded(
        "Seed, initialization and evaluations", "seed", "init_scale", evaluations, "precision"
    ):
        rest = {name: widgets.setting(name) for name in ("seed", "init_scale")}
        rest |= {
            "evaluations": widgets.setting(evaluations),
            "precision": widgets.setting("precision"),
        }
        if not widgets.hidden("precision"):
            st.caption(PRECISIONS[rest["precision"]].summary)
    sampling = ("replacement", "averaging", "stopping")
    with folded("Sampling and stopping", *sampling, "tolerance"):
        rest |= {name: widgets.setting(name) for name in sampling}
        if not widgets.hidden("stopping"):
            st.caption(STOPPING[rest["stopping"]].summary)
        if rest["stopping"] != "none":
            rest["tolerance"] = widgets.setting("tolerance")
    return {"epochs": epochs} | rest


def folded(title: str, *names: str) -> AbstractContextManager[Any]:
    """An expander for advanced controls; no expander if all of them are hidden."""
    return nullcontext() if widgets.hidden(*names) else st.expander(title)


def _entry(name: str, parameters: tuple[str, ...]) -> dict[str, Any]:
    """A choice from a registry, its description, and the parameters that the entry uses."""
    chosen = widgets.setting(name)
    declared = pages.DECLARED[name]
    assert isinstance(declared, Choice)
    entry: Any = declared.registry[chosen]
    if not widgets.hidden(name):
        if entry.summary:
            st.caption(entry.summary)
        if entry.formula:
            st.markdown(f"$\\displaystyle {entry.formula}$")
    used = parameter_names(entry)
    return {name: chosen} | {each: widgets.setting(each) for each in parameters if each in used}


def assemble(chosen: Mapping[str, Any]) -> Experiment | None:
    """Build the experiment; None, with the reason on the page, if the settings are invalid.

    A batch size above the size of the training set is reduced to it.
    """
    try:
        experiment = fitted(chosen)
    except ValueError as error:
        st.error(escape_markdown(str(error)))
        return None
    if experiment.batch_size < chosen.get("batch_size", 0):
        st.info(
            f"Each batch is the whole training set ({experiment.batch_size} examples): the batch"
            " size is larger than that."
        )
    return experiment


def fitted(chosen: Mapping[str, Any]) -> Experiment:
    """The experiment, with batches of at most the training set; ValueError if it is invalid."""
    if "batch_size" in chosen:
        whole = Experiment(**{**chosen, "optimizer": "gd"}).train_examples
        chosen = {**chosen, "batch_size": min(whole, chosen["batch_size"])}
    experiment = Experiment(**chosen)
    budgets.budget().check_data(experiment)
    return experiment
