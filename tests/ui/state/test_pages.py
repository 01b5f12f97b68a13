"""Each page is declared once, and everything else is derived from the declaration."""

import pytest

from lossopt_ui.state import pages
from lossopt_ui.state.page_spec import PageSpec
from tests.helpers import open_page
from tests.programs import ROOT


def test_page_files_and_declarations_correspond() -> None:
    files = {file.relative_to(ROOT).as_posix() for file in (ROOT / "pages").glob("*.py")}
    assert files == {page.file for page in pages.PAGES}


def test_an_option_is_the_same_object_on_every_page() -> None:
    for page in pages.PAGES:
        for name, option in page.options.items():
            assert option is pages.DECLARED[name], f"{name} on {page.name}"


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_a_page_shows_its_heading(page: PageSpec) -> None:
    app = open_page(page.name)
    assert not app.exception
    assert app.title[0].value == page.heading
