"""The field of the filter, completed while one types.

The field is Streamlit's own, so that whatever is typed works without completions. A component
beside it asks the server for completions of what was typed, and shows them below the field.
"""

from collections.abc import Callable

import streamlit as st

from lossopt_core.experiment.caches import Cache
from lossopt_core.query.completions import Completions, completions
from lossopt_core.query.vocabulary import Vocabulary
from lossopt_ui.experiment.saved_runs import Listing
from lossopt_ui.figures import caching, components
from lossopt_ui.identity import visitor, workspace
from lossopt_ui.jobs import render_gate
from lossopt_ui.state import widgets
from lossopt_ui.state.session import component_event

KEY = "filter-completions"
FIELD = "filter-field"
MAX_BYTES = 10_000_000
"""Size of the cache of vocabularies, shared by all visitors."""
WORD_BYTES, VOCABULARY_BYTES = 200, 20_000
_component = components.declared(
    "lossopt_completing",
    __file__,
    isolate_styles=False,  # the field refers to the list by its id
)


def field(runs: Callable[[], Listing]) -> None:
    """Show the field of the filter; `runs` are those whose values complete it."""
    with st.container(key=FIELD, gap=None, width="stretch"):
        widgets.setting("filter", width="stretch")
        if not widgets.hidden("filter") and "filter" not in widgets.value("fix"):
            _completed(runs)


@st.fragment
def _completed(runs: Callable[[], Listing]) -> None:
    """A fragment, so that typing redraws nothing else on the page."""
    typed, asked = _typed()
    found = Completions(0)
    if typed is not None:
        with render_gate.PAGES.turn(visitor.owner()), workspace.store_errors_shown():
            found = completions(typed, _vocabulary(runs()))
    _component(
        key=KEY,
        data={
            "typed": typed,
            "asked": asked,
            "start": found.start,
            "offers": [
                {"text": each.text, "label": each.label, "about": each.about}
                for each in found.offers
            ],
        },
        on_typed_change=lambda: None,
    )


def _typed() -> tuple[str | None, int]:
    """What was typed before the caret, if that is asked for, and the number of the question."""
    match component_event(KEY, "typed"):
        case [str(text), int(asked)]:
            return text, asked
    return None, 0


_VOCABULARIES: Cache[Vocabulary] = Cache(
    MAX_BYTES,
    lambda found: VOCABULARY_BYTES + WORD_BYTES * sum(map(len, found.values.values())),
)


def _vocabulary(listing: Listing) -> Vocabulary:
    return _VOCABULARIES.get(
        listing.source,
        lambda: Vocabulary.of(listing.runs),
        owner=caching.owner(),
        version=listing.version,
    )
