"""Controls for the parameters to sweep: chips for names, fields for numbers."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from lossopt_core.analysis.axes import NOT_SWEPT, Axis, Range, axis, named, parse, range_of
from lossopt_core.experiment.grid import write
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.experiment.typed import label_of
from lossopt_core.fields import Choice, Field, Number
from lossopt_ui.state import names, widgets
from lossopt_ui.state.pages.settings import SETTINGS
from lossopt_ui.state.session import WidgetKey
from lossopt_ui.state.widgets import Looks

FIELDS: WidgetKey[list[str]] = WidgetKey("sweep-fields")
LISTED, LOG, LINEAR, RANDOM_LOG, RANDOM = "list", "log", "linear", "random log", "random linear"
KINDS = {
    LISTED: "List",
    LOG: "Range, log-spaced",
    LINEAR: "Range, evenly spaced",
    RANDOM_LOG: "Random, log-uniform",
    RANDOM: "Random, uniform",
}
ENDS = {"low": "From", "high": "To", "count": "Values"}
STARTING_VALUES = 3
"""Names that are selected when a parameter is added."""
LIST_HELP = "Numbers with commas or spaces between them, or a range such as 0.001 to 1."


def chosen() -> tuple[tuple[Axis, ...], list[str]]:
    """The parameters to sweep, and what is wrong with those that cannot be read."""
    return parse(widgets.value("axes"), widgets.value("draw_seed"))


def choose() -> None:
    """Controls for the parameters to sweep and the values of each."""
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
        help="Every combination of their values is trained. All other settings are as below.",
        **looks,
    )
    for name in FIELDS.get():
        _values(name, texts[name], looks)
    for problem in _unknown():
        st.error(f"{names.escape_markdown(problem)}.")
    if any(text.startswith("random") for text in texts.values()):
        widgets.setting("draw_seed")


def _concerns(name: str) -> bool:
    """Whether the setting has an effect: options of other data sets have none."""
    dataset, _, _ = name.rpartition(".")
    return not dataset or dataset == widgets.value("dataset")


def _texts() -> dict[str, str]:
    """The text of each axis, by its setting."""
    found = {}
    for called, text in _parts():
        with suppress(ValueError):
            found[named(called)] = text
    return found


def _parts() -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in widgets.value("axes").split(";") if part.strip())
    return [(called.strip(), text.strip()) for called, _, text in parts]


def _unknown() -> list[str]:
    """What is wrong with the names in the text of the axes."""
    problems = []
    for called, _ in _parts():
        try:
            named(called)
        except ValueError as error:
            problems.append(str(error))
    return problems


def _values(name: str, text: str, looks: Looks) -> None:
    """The control of one parameter's values, with what is wrong with them."""
    declaration = declared_settings()[name]
    try:
        found = axis(name, text, widgets.value("draw_seed"))
    except ValueError as error:
        _text(name, text, looks)
        st.error(f"{names.escape_markdown(str(error))}.")
        return
    if isinstance(declaration, Number):
        _numbers(name, declaration, text, looks)
    elif found.drawn:
        _text(name, text, looks)
    else:
        _chips(name, declaration, found, looks)


def _text(name: str, text: str, looks: Looks, *, folded: bool = False) -> None:
    line = _line(name)
    line.set(text)
    st.text_input(
        SETTINGS[name],
        key=line.name,
        on_change=_take_text,
        args=(name,),
        help=LIST_HELP if isinstance(declared_settings()[name], Number) else None,
        label_visibility="collapsed" if folded else "visible",
        **looks,
    )


def _chips(name: str, declaration: Field, found: Axis, looks: Looks) -> None:
    if isinstance(declaration, Choice):
        labels = {each: label_of(entry) for each, entry in declaration.registry.items()}
    else:
        labels = {write(each): names.value_text(name, each) for each in (True, False)}
    chips: WidgetKey[list[str]] = WidgetKey(f"axis-{name}")
    chips.set([write(each) for each in found.values])
    st.multiselect(
        SETTINGS[name],
        list(labels),
        format_func=lambda each: labels.get(each, each),
        key=chips.name,
        on_change=_take_chips,
        args=(name,),
        accept_new_options=True,
        **looks,
    )


def _numbers(name: str, declaration: Number, text: str, looks: Looks) -> None:
    """How the numbers are given, and fields for them: a list, or the ends of a range."""
    wanted = range_of(SETTINGS[name], declaration, text)
    kind: WidgetKey[str] = WidgetKey(f"axis-{name}-kind")
    kind.set(LISTED if wanted is None else " ".join(wanted.text.split()[:-3]))
    st.selectbox(
        SETTINGS[name],
        list(KINDS),
        format_func=KINDS.__getitem__,
        key=kind.name,
        on_change=_take_kind,
        args=(name,),
        help=declaration.help,
        **looks,
    )
    if wanted is None:
        _text(name, text, looks, folded=True)
        return
    for column, (end, label) in zip(st.columns(3, gap="xsmall"), ENDS.items(), strict=True):
        field = _end(name, end)
        field.set(float(getattr(wanted, end)))
        column.number_input(
            label,
            key=field.name,
            step=None,
            format="%g",
            on_change=_take_range,
            args=(name,),
            **looks,
        )


def _line(name: str) -> WidgetKey[str]:
    """The line with a setting's values."""
    return WidgetKey(f"axis-{name}")


def _end(name: str, end: str) -> WidgetKey[float | None]:
    return WidgetKey(f"axis-{name}-{end}")


def _take_fields() -> None:
    texts = _texts()
    _put({name: texts.get(name, _start(name)) for name in FIELDS.get()})


def _take_text(name: str) -> None:
    _put_one(name, _line(name).get())


def _take_chips(name: str) -> None:
    chips: WidgetKey[list[str]] = WidgetKey(f"axis-{name}")
    _put_one(name, ",".join(chips.get()))


def _take_kind(name: str) -> None:
    """Describe the same values in another way."""
    values = axis(name, _texts()[name], widgets.value("draw_seed")).values
    kind = WidgetKey[str](f"axis-{name}-kind").get()
    if kind == LISTED:
        _put_one(name, ", ".join(map(write, values)))
        return
    low, high = min(values), max(values)
    if kind.endswith(LOG) and low <= 0:
        low = min((each for each in values if each > 0), default=high or 1.0)
    *drawn, spacing = kind.split()
    _put_one(name, Range(spacing, low, max(low, high), max(2, len(values)), bool(drawn)).text)


def _take_range(name: str) -> None:
    kind = WidgetKey[str](f"axis-{name}-kind").get()
    ends = [_end(name, end).get() for end in ENDS]
    if None not in ends:
        _put_one(name, " ".join([kind, *(write(float(end or 0.0)) for end in ends)]))


def _put_one(name: str, text: str) -> None:
    """Set the values of one parameter, in the form in which they are shown and shared."""
    plain = text.replace(";", ",").replace("=", " ")
    found, _ = parse(f"{name}={plain}", widgets.value("draw_seed"))
    _put(_texts() | {name: _canonical(found[0]) if found else plain})


def _canonical(found: Axis) -> str:
    return found.text or ", ".join(map(write, found.values))


def _put(texts: dict[str, str]) -> None:
    text = ";".join(f"{name}={values}" for name, values in texts.items())
    try:
        widgets.put("axes", text)
    except ValueError as error:
        st.toast(names.escape_markdown(str(error)), icon=":material/error:")


def _start(name: str) -> str:
    """Initial values for a newly selected parameter."""
    declaration = declared_settings()[name]
    if isinstance(declaration, Number):
        if declaration.logarithmic:
            return "log 1e-3 1 7" if name == "learning_rate" else "log 1e-4 1e-1 4"
        return f"{widgets.value(name):g}"
    registry: Sequence[str] = list(getattr(declaration, "registry", ("false", "true")))
    return ",".join(registry[:STARTING_VALUES])
