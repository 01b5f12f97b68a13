"""A class opens a link to missing data and uploads the file."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lossopt_core import uploads
from tests.browser.helpers import ONE, figure, goto, new_profile, rerun, server
from tests.browser.test_own_data import ROWS
from tests.programs import ROOT

TABLE = f"width,height,kind\n{ROWS}"


def fingerprint_of(table: str) -> str:
    columns = uploads.columns_of(uploads.read(table.encode(), "things.csv"))
    examples = uploads.prepare(columns, uploads.suggest(columns)).examples
    return uploads.fingerprint(examples)


@pytest.mark.slow  # tests/pages has every page
def test_an_assignment_link_to_missing_data_accepts_the_file(
    browser: Browser, tmp_path: Path
) -> None:
    right, wrong = tmp_path / "things.csv", tmp_path / "others.csv"
    right.write_text(TABLE)
    wrong.write_text(TABLE.replace("c2", "c9"))
    needed, came = fingerprint_of(TABLE), fingerprint_of(wrong.read_text())
    link = (
        f"/train?dataset=own&own.data={needed}&own.examples=60&own.features=2&own.classes=3"
        f"&epochs=3&batch_size=8&hide=dataset&fix=loss&below=weights&{ONE}"
    )
    environment = {
        "LOSSOPT_STORE": f"sqlite:///{tmp_path / 'runs.db'}", "LOSSOPT_MODE": "hosted",
    }  # fmt: skip
    with (
        server(ROOT / "streamlit_app.py", environment=environment) as address,
        new_profile(browser, address) as profile,
    ):
        page = profile.new_page()
        goto(page, link)
        alert = page.get_by_test_id("stAlert")
        expect(alert.filter(has_text=needed)).to_be_visible()
        file = page.locator('input[type="file"]')
        file.set_input_files(wrong)
        refusal = alert.filter(has_text="This file contains other data.")
        expect(refusal).to_contain_text(needed)
        expect(refusal).to_contain_text(came)
        page.get_by_role("button", name="Remove others.csv").click()
        expect(refusal).to_have_count(0)
        with rerun(page):
            file.set_input_files(right)
        expect(alert.filter(has_text=needed)).to_have_count(0)
        expect(file).to_have_count(0)
        page.locator(".st-key-train button").click()
        assert figure(page, "portrait-0")
        # The data stay, so the link works from now on.
        goto(page, link)
        expect(alert.filter(has_text=needed)).to_have_count(0)
        # Nobody else has them: a stranger is asked for the file, too.
        with new_profile(browser, address) as other:
            stranger = other.new_page()
            goto(stranger, link)
            expect(stranger.get_by_test_id("stAlert").filter(has_text=needed)).to_be_visible()
            expect(stranger.get_by_text("always stable limit")).to_have_count(0)
