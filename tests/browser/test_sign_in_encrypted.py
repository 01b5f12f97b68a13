"""Sign-in over TLS: the shipped proxy, two processes, one store."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests import identity_provider, nginx
from tests.browser.helpers import free_port, goto, new_profile, server
from tests.browser.signing_in import has, has_not, is_nobody, is_signed_in, sign_in, trained
from tests.certificates import new_certificate
from tests.nginx import Proxy
from tests.postgresql import new_schema
from tests.programs import ROOT, skip_unless_ci

MAX_BROWSERS = 12
"""The proxy gives each a process by lot; that all of them get the same one is one in 2,000."""


@pytest.fixture(scope="module")
def proxy(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    program = nginx.program()
    if program is None:
        skip_unless_ci(nginx.HOW_TO_GET_IT)
    directory, port = tmp_path_factory.mktemp("encrypted"), free_port()
    secrets = directory / "secrets.toml"
    with ExitStack() as stack:
        provider = stack.enter_context(identity_provider.running(free_port()))
        there = provider.settings(f"https://127.0.0.1:{port}")
        secrets.write_text(f'LOSSOPT_MODE = "hosted"\n{there}', encoding="utf-8")
        environment = {
            "LOSSOPT_STORE": new_schema(postgresql, "encrypted"),
            "STREAMLIT_SECRETS_FILES": str(secrets),
            "STREAMLIT_SERVER_COOKIE_SECRET": "one for both",
        }
        app = ROOT / "streamlit_app.py"
        apps = [stack.enter_context(server(app, environment=environment)) for _ in range(2)]
        certificate = new_certificate(directory)
        yield stack.enter_context(
            nginx.running(program, directory, apps, port=port, certificate=certificate)
        )


def process_of(visitor: BrowserContext, proxy: Proxy) -> str:
    """Which process the proxy has given a browser."""
    [cookie] = [each for each in visitor.cookies() if each["name"] == "lossopt_visitor"]
    assert cookie["secure"]
    [process] = proxy.answered()[cookie["value"]]
    return process


@pytest.mark.slow  # signing in and the proxy are each tried by themselves
def test_runs_trained_in_one_process_are_found_in_the_other(browser: Browser, proxy: Proxy) -> None:
    with new_profile(browser, proxy.address) as first:
        page = first.new_page()
        goto(page, "/lecture")
        sign_in(page, "alice")
        is_signed_in(page, "alice")
        mine = trained(page, 1)
        [mark] = [each for each in first.cookies() if each["name"] == "lossopt_visit"]
        assert mark["secure"]
        here = process_of(first, proxy)
    for _ in range(MAX_BROWSERS):
        with new_profile(browser, proxy.address) as second:
            page = second.new_page()
            goto(page, "/lecture")
            if process_of(second, proxy) != here:
                has_not(page, mine)
                sign_in(page, "alice")
                is_signed_in(page, "alice")
                has(page, mine)
                page.get_by_role("button", name="Alice Adams").click()
                page.get_by_role("button", name="Sign out").click()
                is_nobody(page)
                has_not(page, mine)
                return
    pytest.fail("the proxy gave all browsers to one process")
