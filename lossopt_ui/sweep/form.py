"""The form of the Sweep page: parameters to sweep, number of runs, expected time."""

import streamlit as st

from lossopt_core import DATASETS, Experiment
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.sweep import (
    NOT_SWEPT,
    Axis,
    Sweep,
    parse,
)
from lossopt_core.fields import Number
from lossopt_ui.config import budgets
from lossopt_ui.experiment import form, learning_rate
from lossopt_ui.identity import workspace
from lossopt_ui.jobs.duration import expected_seconds
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.settings import SETTINGS
from lossopt_ui.state.session import WidgetKey

FIELDS: WidgetKey[list[str]] = WidgetKey("sweep-fields")


def base() -> Experiment | None:
    """The experiment that supplies all settings that are not swept."""
    chosen = form.data() | form.loss() | form.regularizer() | form.optimizer()
    swept = {axis.name: axis.values for axis in axes()[0]}
    alternatives = [
        chosen | {"loss": loss, "optimizer": optimizer}
        for loss in swept.get("loss", [chosen["loss"]])
        for optimizer in swept.get("optimizer", [chosen["optimizer"]])
    ]
    chosen |= learning_rate.steps(alternatives) | form.run("sweep_evaluations")
    return form.assemble(chosen)


def axes() -> tuple[tuple[Axis, ...], list[str]]:
    """The parameters to sweep, and what is wrong with those that cannot be read."""
    return parse(widgets.value("axes"), widgets.value("draw_seed"))


def _texts() -> dict[str, str]:
    """The text of each axis, by its setting."""
    parts = (part.partition("=") for part in widgets.value("axes").split(";") if part.strip())
    return {name.strip(): text.strip() for name, _, text in parts if name.strip() in SETTINGS}


def choose_axes() -> None:
    """Controls for the parameters to sweep, with a text field for the values of each."""
    texts = _texts()
    looks = widgets.custom_widget("axes")
    if looks is None:
        return
    allowed = [name for name in SETTINGS if name not in NOT_SWEPT and _concerns(name)]
    FIELDS.set([name for name in texts if name in allowed])
    st.multiselect(
        "Parameters to sweep",
        allowed,
        format_func=SETTINGS.__getitem__,
        key=FIELDS.name,
        on_change=_take_fields,
        help="Every combination of their values is trained. All other settings are as in the"
        " sidebar.",
        **looks,
    )
    for name in FIELDS.get():
        line = _line(name)
        line.set(texts[name])
        st.text_input(
            SETTINGS[name],
            key=line.name,
            on_change=_take_axis,
            args=(name,),
            help="Comma-separated values, or a range: log 1e-3 1 7, linear 0 1 5,"
            " random log 1e-3 1 20.",
            **looks,
        )
        _, problems = parse(f"{name}={texts[name]}")
        for problem in problems:
            st.error(names.escape_markdown(problem))
    if any(text.startswith("random") for text in texts.values()):
        widgets.setting("draw_seed")


def _concerns(name: str) -> bool:
    """Whether the setting has an effect: options of other data sets have none."""
    dataset, _, _ = name.rpartition(".")
    return not dataset or dataset == widgets.value("dataset")


def _take_fields() -> None:
    texts = _texts()
    _put({name: texts.get(name, _start(name)) for name in FIELDS.get()})


def _line(name: str) -> WidgetKey[str]:
    """The line with a setting's values."""
    return WidgetKey(f"axis-{name}")


def _take_axis(name: str) -> None:
    text = _line(name).get().replace(";", ",").replace("=", " ")
    _put(_texts() | {name: text})


def _put(texts: dict[str, str]) -> None:
    text = ";".join(f"{name}={values}" for name, values in texts.items())
    try:
        widgets.put("axes", text)
    except ValueError as error:
        st.toast(names.escape_markdown(str(error)), icon=":material/error:")


def _start(name: str) -> str:
    """Initial values for a newly selected parameter."""
    declaration = pages.DECLARED[name]
    if isinstance(declaration, Number):
        if declaration.logarithmic:
            return "log 1e-3 1 7" if name == "learning_rate" else "log 1e-4 1e-1 4"
        return f"{widgets.value(name):g}"
    registry = getattr(declaration, "registry", {"false": "", "true": ""})
    return ",".join(list(registry)[:2])


def plan(experiment: Experiment) -> list[Experiment]:
    """The experiments of the sweep; shows how many, how many are saved, and the time to train."""
    found, problems = axes()
    if problems:
        return []
    try:
        sweep = Sweep(experiment, found, widgets.value("seeds"), widgets.value("vary"))
        budgets.budget().check_grid(sweep.size)
    except ValueError as error:
        st.error(names.escape_markdown(f"{str(error)[0].upper()}{str(error)[1:]}."))
        return []
    experiments, impossible = sweep.experiments()
    for problem, count in list(impossible.items())[:3]:
        what = "1 combination" if count == 1 else f"{count:,} combinations"
        st.caption(f"Left out: {what}, because {names.escape_markdown(problem)}.")
    missing = workspace.store().missing(experiments)
    combinations = len({group_id(each) for each in experiments})
    words = f"**{len(experiments):,} runs**: {combinations:,} combinations"
    words += f" × {sweep.seeds} seeds." if sweep.seeds > 1 else "."
    if len(missing) < len(experiments):
        words += f" {len(experiments) - len(missing):,} are already saved."
    if missing:
        words += f" Training time: about **{duration(expected_seconds(missing))}**."
    st.markdown(words)
    return experiments


def duration(seconds: float) -> str:
    """'a second', '40 seconds', '3 minutes'."""
    if seconds < 1.5:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} seconds" if seconds < 10 else f"{round(seconds, -1):.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"


def dataset_words() -> str:
    """What differs between the seeds, in a sentence."""
    generated = DATASETS[widgets.value("dataset")].generated
    if widgets.value("vary") == "order":
        return "All seeds use the same data: differences are about training, not about new data."
    if generated:
        return "Each seed has its own sample of the data."
    return "Each seed has its own train/test split."
