"""A slider through the kept points of runs; the figures on the page follow it.

Figures are sent with all their frames (`figure.show`, `frames`).  The slider only says which:
both are in the browser, and nothing is asked of the server while it moves.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import streamlit as st

from lossopt_ui.figures import figure
from lossopt_ui.state.session import component_event

_HERE = Path(__file__)
_component = st.components.v2.component(
    "lossopt_time_travel",
    html=_HERE.with_suffix(".html").read_text(encoding="utf-8"),
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)
LABEL = "Point in the training"


def slider(
    words: Sequence[str],
    *,
    clock: str,
    of: str,
    tick: int | None = None,
    on_change: Callable[[int], None] | None = None,
    on_approach: Callable[[], None] | None = None,
    label: str = LABEL,
    play: str = "Play",
    disabled: bool = False,
) -> None:
    """The slider, with the words that stand below it at each of its ticks.

    Figures whose frames have this `clock` follow it.  It stands at `tick`, by default the last,
    until somebody moves it; it goes there again when `of` (the ids of the runs) or `tick`
    change.  With `on_change` the server is told where it was let go, before the script runs
    again; what comes from the browser is checked.  `on_approach` is called when somebody comes
    near the slider, with the pointer or the keyboard.
    """

    def tell() -> None:
        content = component_event(clock, "tick")
        if on_change is not None and isinstance(content, int) and 0 <= content < len(words):
            on_change(content)

    listeners: dict[str, Callable[[], None]] = {}
    if on_change is not None:
        listeners["on_tick_change"] = tell
    if on_approach is not None:
        listeners["on_approach_change"] = on_approach
    _component(
        key=clock,
        data={
            "label": label,
            "play": play,
            "disabled": disabled,
            "words": list(words),
            "clock": clock,
            "of": blake2b(of.encode(), digest_size=8).hexdigest(),
            "tick": len(words) - 1 if tick is None else tick,
            "reports": on_change is not None,
            "asks": on_approach is not None,
            "theme": figure.theme(),
        },
        **listeners,
    )
