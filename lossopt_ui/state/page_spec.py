"""The declaration of a page: address, titles, icon and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lossopt_ui.state.kinds import Option


@dataclass(frozen=True)
class PageSpec:
    """One page of the app.

    Navigation, links, lessons, assignment links and the lists that tests iterate over are derived
    from these declarations.

    name          the page's address, and the stem of its file in `pages/`
    title         name in the navigation
    heading       title at the top of the page
    icon          a Material symbol, without `:material/`
    options       every option that can be part of its address, by name
    lanes         the option that has its lanes, on pages that train
    older_names   options by the names that they have in older addresses
    """

    name: str
    title: str
    heading: str
    icon: str
    options: Mapping[str, Option] = field(default_factory=dict)
    lanes: str = ""
    older_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The page's file, as used in Streamlit's links."""
        return f"pages/{self.name}.py"
