"""A slider through the stored points of runs; the figures on the page follow it.

Figures are sent with all their frames (`figure.show`, `frames`).  The slider selects the frame in
the browser, without a request to the server.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

from lossopt_ui.figures import components, figure
from lossopt_ui.state.session import component_event

_component = components.declared("lossopt_time_travel", __file__)
LABEL = "Time travel"


def slider(
    words: Sequence[str],
    *,
    clock: str,
    of: str,
    tick: int | None = None,
    on_change: Callable[[int], None] | None = None,
) -> None:
    """Show the slider, with a text below it for each tick.

    Figures whose frames have this `clock` follow it.  It starts at `tick`, by default the last,
    and returns there when `of` (the ids of the runs) or `tick` change.  `on_change` is called
    with the tick where the slider was released, before the script reruns; values from the browser
    are checked.
    """

    def release() -> None:
        content = component_event(clock, "tick")
        if on_change is not None and isinstance(content, int) and 0 <= content < len(words):
            on_change(content)

    listeners: dict[str, Any] = {} if on_change is None else {"on_tick_change": release}
    _component(
        key=clock,
        data={
            "label": LABEL,
            "words": list(words),
            "clock": clock,
            "of": blake2b(of.encode(), digest_size=8).hexdigest(),
            "tick": len(words) - 1 if tick is None else tick,
            "reports": on_change is not None,
            "theme": figure.theme(),
        },
        **listeners,
    )
