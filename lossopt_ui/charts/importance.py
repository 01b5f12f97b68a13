"""Bars of the shares of settings, with what chance would give."""

import plotly.graph_objects as go

from lossopt_core.analysis.importance import Importance
from lossopt_ui.charts.colours import GREY, INK, LINES, Theme, translucent
from lossopt_ui.charts.texts import plain, second_line
from lossopt_ui.state.pages.settings import SETTINGS

ROW, AROUND = 34, 110
"""Height of a row, and of everything around them, in pixels."""
INTERACTIONS = "Interactions"


def bars(found: Importance, *, title: str, theme: Theme) -> go.Figure:
    """A bar for each setting, the largest on top; pale if it does not pass its line of chance."""
    hue = LINES[theme][0]
    names = [plain(SETTINGS.get(each.setting, each.setting)) for each in found.shares]
    shares = [100.0 * each.share for each in found.shares]
    colours = [hue if each.beyond_chance else translucent(hue, 0.35) for each in found.shares]
    rest = [] if found.interactions is None else [100.0 * found.interactions]
    figure = go.Figure()
    figure.add_bar(
        x=shares + rest,
        y=names + [INTERACTIONS] * len(rest),
        orientation="h",
        marker={"color": colours + [translucent(GREY[theme], 0.5)] * len(rest)},
        hovertemplate="%{y}: %{x:.3g} %<extra></extra>",
    )
    figure.add_scatter(
        x=[100.0 * each.chance for each in found.shares],
        y=names,
        name="chance",
        mode="markers",
        marker={"symbol": "line-ns", "size": 20, "line": {"width": 2, "color": INK[theme]}},
        hovertemplate="chance: up to %{x:.3g} %<extra></extra>",
    )
    # Beyond the bar and its line, which would cross the number.
    ends = [max(each.share, each.chance) for each in found.shares]
    figure.add_scatter(
        x=[100.0 * each + 1.0 for each in ends] + [each + 1.0 for each in rest],
        y=names + [INTERACTIONS] * len(rest),
        name="shares in words",
        mode="text",
        text=[f"{each:.3g} %" for each in shares + rest],
        textposition="middle right",
        textfont={"color": INK[theme]},
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.update_layout(
        title=title + second_line("Line: 95 % of shuffled results stay below"),
        showlegend=False,
        bargap=0.45,
    )
    figure.update_xaxes(title="Share of the variance between configurations (%)", range=(0, 112))
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def height_of(found: Importance) -> int:
    """The height of the chart, in pixels."""
    return AROUND + ROW * (len(found.shares) + (found.interactions is not None))
