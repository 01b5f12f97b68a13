"""The examples of a run at one point: sorted by loss, one in detail, and the active ones."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.inspect.example import OneExample, losses_along, one_example
from lossopt_ui.charts import inside as charts
from lossopt_ui.charts import moving, weights
from lossopt_ui.charts.colours import of_loss
from lossopt_ui.experiment import following, results
from lossopt_ui.figures import figure
from lossopt_ui.inspect.run import Point
from lossopt_ui.state import widgets
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.session import WidgetKey

ON_A_SHEET = 30
_BOX: WidgetKey[int] = WidgetKey("inside.row")


def in_order(point: Point) -> None:
    """Show the examples sorted by loss, and one of them in detail."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("examples_of", width=180)
        widgets.setting("order", width=220)
        first = widgets.setting("rank", most=len(point.table), width=150) - 1
    table = point.table if widgets.value("order") == "largest" else point.table[::-1]
    some = table.iloc[first : first + ON_A_SHEET]
    title = (
        f"Ranks {first + 1} to {first + len(some)} of {len(table):,}: loss"
        f" {some['loss'].iloc[0]:.3g} to {some['loss'].iloc[-1]:.3g}"
    )
    one, two = st.columns(2)
    with one:
        _sheet(point, some, title=title, key="sheet")
        row = _choose(point, some)
    with two:
        _one(point, row)
    _one_over_time(point, row)


def _sheet(point: Point, some: pd.DataFrame, *, title: str, key: str) -> None:
    """Show examples as images, or as table rows if they are not images."""
    if point.data.image_shape is None:
        st.markdown(f"**{title}**")
        st.dataframe(_in_words(point, some), hide_index=True, height=320, key=key)
        return
    features, _ = point.examples
    images = point.data.original(features[some["row"]]).reshape(-1, *point.data.image_shape)
    rows = -(-len(some) // charts.COLUMNS)
    figure.show(
        charts.sheet(some, images, point.data, title=title, theme=figure.theme()),
        key=key,
        alt=f"{title}. Above each: true class, and the prediction if it is wrong.",
        height=70 + 85 * rows,
        on_click=lambda row: _take_row(point, row),
    )


def _in_words(point: Point, some: pd.DataFrame) -> pd.DataFrame:
    names = np.array(point.data.class_names)
    return pd.DataFrame(
        {
            "row": some["row"],
            "true": names[some["true"]],
            "predicted": names[some["predicted"]],
            "loss": some["loss"],
            "gradient norm": some["gradient_norm"],
        }
    )


def _take_row(point: Point, row: object) -> None:
    if isinstance(row, int | float) and 0 <= row < len(point.table):
        widgets.put("row", int(row))


def _choose(point: Point, some: pd.DataFrame) -> int:
    """The row of the chosen example, from a select box of the sheet's examples and the last one."""
    row = int(widgets.value("row"))
    if not 0 <= row < len(point.table):
        row = int(some["row"].iloc[0])
    rows = list(dict.fromkeys([row, *some["row"].tolist()]))
    names, table = point.data.class_names, point.table.set_index("row")
    by_row = table.loc[rows].to_dict("index")

    def words(each: int) -> str:
        example = by_row[each]
        true, answer = names[int(example["true"])], names[int(example["predicted"])]
        return f"Row {each}: true {true}, predicted {answer}, loss {example['loss']:.3g}"

    looks = widgets.custom_widget("row")
    if looks is not None:
        _BOX.set(row)
        st.selectbox(
            "Example in detail",
            rows,
            key=_BOX.name,
            format_func=words,
            on_change=lambda: widgets.put("row", _BOX.get()),
            **looks,
        )
    return row


def _one(point: Point, row: int) -> None:
    """Show one example: image, scores, margins, probabilities, and its value under all losses."""
    features, labels = point.examples
    label = int(labels[row])
    one = one_example(point.experiment, point.theta, features[row], label)
    names = point.data.class_names
    st.markdown(f"**Row {row}: true class {escape_markdown(names[label])}**")
    if point.data.image_shape is not None:
        image = point.data.original(features[row : row + 1]).reshape(-1, *point.data.image_shape)
        a, b = st.columns([1, 2])
        with a:
            figure.show(
                weights.image_sheet(image, [""], title="", theme=figure.theme(), columns=1),
                key="one",
                alt=f"The example as an image; its true class is {names[label]}.",
                height=170,
            )
        with b:
            _all_losses(point, one)
    else:
        _all_losses(point, one)
    _classes(point, one, label)


def _all_losses(point: Point, one: OneExample) -> None:
    own = point.experiment.loss
    st.dataframe(
        pd.DataFrame(
            {
                "loss": [
                    f"{LOSSES[name].label}{' (trained)' if name == own else ''}"
                    for name in one.losses
                ],
                "value": list(one.losses.values()),
            }
        ),
        hide_index=True,
        key="all-losses",
        column_config={"value": st.column_config.NumberColumn("value", format="%.4g")},
    )


def _classes(point: Point, one: OneExample, label: int) -> None:
    names = [
        f"{name} (true)" if k == label else name for k, name in enumerate(point.data.class_names)
    ]
    table = one.classes.copy()
    table.insert(0, "class", names)
    st.dataframe(
        table,
        hide_index=True,
        key="classes",
        column_config={
            "score": st.column_config.NumberColumn("score", format="%.3f"),
            "margin": st.column_config.NumberColumn(
                "margin", format="%.3f", help="Score of the true class minus this score."
            ),
            "probability": st.column_config.NumberColumn(
                "probability", format="%.4f", help="Softmax of the scores."
            ),
            "gradient": st.column_config.NumberColumn(
                "∂loss/∂score", format="%.4f", help="Derivative of the run's loss."
            ),
        },
    )


def _one_over_time(point: Point, row: int) -> None:
    """Show the gradient of the chosen example, and its loss over the epochs."""
    features, labels = point.examples
    example, label = features[row], int(labels[row])
    one, two = st.columns(2)
    slopes = one_example(point.experiment, point.theta, example, label).gradient
    with one:
        if not slopes.any():
            st.info("Zero gradient: at this point the example does not affect any weight.")
        elif point.data.image_shape is not None:
            figure.show(
                charts.gradient(slopes, point.data, figure.theme()),
                key="its-gradient",
                alt="Gradient of the example's loss with respect to the weights, one image per"
                " class.",
                height=300,
            )
        else:
            st.markdown("**Gradient: ∂loss/∂score × features**")
            table = pd.DataFrame(slopes, columns=list(point.data.feature_names))
            table.insert(0, "class", list(point.data.class_names))
            st.dataframe(table, hide_index=True, key="its-gradient")
    with two:
        figure.show(
            charts.losses_of_one(
                point.epochs,
                losses_along(point.experiment, point.path, example, label),
                point.experiment.loss,
                figure.theme(),
            ),
            key="its-losses",
            alt="The example under all losses, over the epochs.",
            height=340,
            frames=point.player.cursor(),
        )


def active(point: Point) -> None:
    """Show the share of examples with zero gradient over time, and the active examples now."""
    widgets.setting("examples_of", width=180)
    compared = list(dict.fromkeys([point.experiment.loss, "hinge", "cross_entropy"]))
    with st.spinner("Evaluating the examples …"):
        followed = [
            following.follow(point.experiment, point.path, name, point.part) for name in compared
        ]
    figure.show(
        moving.zero_gradient(
            [point.epochs] * len(compared),
            [each.zero_gradient for each in followed],
            [LOSSES[name].label for name in compared],
            [of_loss(name, figure.theme()) for name in compared],
            widths=[3.0] + [1.2] * (len(compared) - 1),
        ),
        key="silent",
        alt="Share of examples with zero gradient, under several losses.",
        height=330,
        frames=point.player.cursor(),
    )
    st.caption(
        f"Thick: {LOSSES[compared[0]].label.lower()}, the training loss of this run. Thin: other"
        " losses, evaluated at the same weights."
    )
    support = point.table[~point.table["zero_gradient"]].sort_values(
        "gradient_norm", ascending=False
    )
    share = results.percent(len(support) / len(point.table))
    st.markdown(
        f"**Active examples: {len(support):,} of {len(point.table):,} ({share})** have a nonzero"
        " gradient here. Removing the others would not change the gradient of the summed loss."
    )
    if len(support):
        some = support.iloc[:ON_A_SHEET]
        _sheet(point, some, title=f"The {len(some)} with the largest gradient", key="support")
