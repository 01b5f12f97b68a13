"""What a page is: where it is found, what it is called, and which options it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lossopt_ui.state.kinds import Option


@dataclass(frozen=True)
class PageSpec:
    """One page of the app.

    Navigation, links, lessons, assignment links, and the lists that tests go through are made from
    these.

    name      the page's address, and the stem of its file in `pages/`
    title     what it is called in the navigation
    heading   the title at the top of the page
    icon      a Material symbol, without `:material/`
    options   every option that stands in its address, by name
    listed    whether the navigation leads to it
    """

    name: str
    title: str
    heading: str
    icon: str
    options: Mapping[str, Option] = field(default_factory=dict)
    listed: bool = True

    @property
    def file(self) -> str:
        """The page's file, as Streamlit's links name it."""
        return f"pages/{self.name}.py"
