"""Sign-in with an OpenID Connect provider, and the same workspace in every browser."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lossopt_core import RunStore
from lossopt_core.store.workspaces import Workspaces
from tests import identity_provider
from tests.browser.helpers import free_port, goto, new_profile, server, shown_text
from tests.browser.signing_in import has, has_not, is_nobody, is_signed_in, sign_in, trained
from tests.identity_provider import COOKIE_SECRET, PEOPLE, Provider
from tests.programs import ROOT

USER = "_streamlit_user"
"""The cookie in which Streamlit keeps who has signed in."""
NewBrowser = Callable[[], AbstractContextManager[BrowserContext]]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with identity_provider.running(free_port()) as provider:
        yield provider


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'runs.db'}"


@pytest.fixture(scope="module")
def hosted(
    provider: Provider, address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the app, where people may sign in."""
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(f'LOSSOPT_MODE = "hosted"\n{provider.settings()}', encoding="utf-8")
    environment = {"LOSSOPT_STORE": address, "STREAMLIT_SECRETS_FILES": str(secrets)}
    with server(ROOT / "streamlit_app.py", environment=environment) as place:
        yield place


@pytest.fixture(scope="module")
def new_browser(browser: Browser, hosted: str) -> NewBrowser:
    """The browser of somebody who was never here."""
    return lambda: new_profile(browser, hosted)


@pytest.fixture(scope="module")
def profile(new_browser: NewBrowser) -> Iterator[BrowserContext]:
    """A browser that has loaded the app's scripts already."""
    with new_browser() as context:
        yield context


@pytest.fixture
def stranger(profile: BrowserContext) -> Iterator[Page]:
    """A page of somebody whom the app has never seen."""
    profile.clear_cookies()
    page = profile.new_page()
    goto(page, "/lecture")
    yield page
    page.close()


def test_runs_follow_the_account_to_another_browser_and_stay_private(
    new_browser: NewBrowser, stranger: Page, provider: Provider, address: str
) -> None:
    sign_in(stranger, "alice")
    is_signed_in(stranger, "alice")
    of_alice = trained(stranger, 1)
    with new_browser() as second:
        page = second.new_page()
        has_not(page, of_alice)
        sign_in(page, "alice")
        is_signed_in(page, "alice")
        has(page, of_alice)
    with new_browser() as other:
        page = other.new_page()
        goto(page, "/lecture")
        sign_in(page, "bob")
        is_signed_in(page, "bob")
        has_not(page, of_alice)
        for path in (f"/landscape?runs={of_alice.id}", f"/compare?runs={of_alice.id}"):
            goto(page, path)
            expect(page.get_by_test_id("stException")).to_have_count(0)
            assert of_alice.id[:6] not in shown_text(page).replace(of_alice.id, "")
    # Her workspace has a name that nothing that is known of her gives away.
    identity = json.dumps([provider.address, PEOPLE["alice"]["sub"]])
    name = f"account-{Workspaces(address).name_for(identity)}"
    assert list(RunStore(address, name).list()["id"]) == [of_alice.id]


def test_signing_out_returns_to_an_anonymous_workspace(stranger: Page) -> None:
    sign_in(stranger, "bob")
    is_signed_in(stranger, "bob")
    of_bob = trained(stranger, 2)
    stranger.get_by_role("button", name="Bob").click()
    stranger.get_by_role("button", name="Sign out").click()
    is_nobody(stranger)
    assert USER not in {cookie["name"] for cookie in stranger.context.cookies()}
    has_not(stranger, of_bob)


def test_earlier_runs_are_moved_on_request(new_browser: NewBrowser, stranger: Page) -> None:
    before = trained(stranger, 3)
    goto(stranger, "/lecture")  # back on the page before, signed in, it would be trained again
    sign_in(stranger, "alice")
    is_signed_in(stranger, "alice")
    offer = stranger.get_by_text("Made in this browser before you signed in: 1 run.")
    expect(offer).to_be_visible()
    stranger.get_by_role("button", name="Not now").click()
    expect(offer).to_have_count(0)
    has_not(stranger, before)  # opened anew, the offer is there again
    stranger.get_by_role("button", name="Move", exact=True).click()
    expect(stranger.get_by_text("Moved to your workspace: 1 run.")).to_be_visible()
    expect(offer).to_have_count(0)
    has(stranger, before)
    with new_browser() as elsewhere:
        page = elsewhere.new_page()
        goto(page, "/lecture")
        sign_in(page, "alice")
        is_signed_in(page, "alice")
        has(page, before)


def test_sign_in_returns_to_the_same_page(stranger: Page) -> None:
    goto(stranger, "/train?dataset=blobs&epochs=7")
    sign_in(stranger, "bob")
    is_signed_in(stranger, "bob")
    expect(stranger.get_by_role("heading", name="Train a classifier")).to_be_visible()
    expect(stranger.get_by_role("spinbutton", name="Epochs")).to_have_value("7")


@pytest.mark.parametrize(
    "token",
    [
        identity_provider.expired,
        identity_provider.forged,
        pytest.param(identity_provider.for_somebody_else, marks=pytest.mark.slow),
    ],
)
def test_an_invalid_token_is_rejected(
    stranger: Page, provider: Provider, monkeypatch: pytest.MonkeyPatch, token: Any
) -> None:
    monkeypatch.setattr(provider, "token", token)
    sign_in(stranger, "alice")
    is_nobody(stranger)
    assert USER not in {cookie["name"] for cookie in stranger.context.cookies()}


def test_a_cancelled_sign_in_or_one_without_subject_stays_anonymous(stranger: Page) -> None:
    stranger.get_by_role("button", name="Sign in").click()
    stranger.get_by_role("link", name="I changed my mind").click()
    is_nobody(stranger)
    sign_in(stranger, "nobody")
    is_nobody(stranger)


def test_a_forged_or_expired_cookie_is_rejected(
    stranger: Page, hosted: str, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"iss": provider.address, "is_logged_in": True, "origin": hosted} | PEOPLE["alice"]

    def cookie(secret: str, name: str = USER) -> str:
        return str(URLSafeTimedSerializer(secret, salt=name).dumps(json.dumps(told)))

    good = cookie(COOKIE_SECRET)
    then = time.time() - 32 * 86_400
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: then)
        old = cookie(COOKIE_SECRET)
    bad = [old, cookie("0" * 64), cookie(COOKIE_SECRET, "another"), good[:-1], "alice"]
    for value in (*bad, good):
        stranger.context.clear_cookies(name=USER)
        stranger.context.add_cookies([{"name": USER, "value": value, "url": hosted}])
        goto(stranger, "/lecture")
        (is_signed_in(stranger, "alice") if value == good else is_nobody(stranger))


def test_a_name_from_a_provider_is_text(stranger: Page) -> None:
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url))
    sign_in(stranger, "mallory")
    account = stranger.get_by_role("button", name=re.compile(r"!\[x\]\(https:"))
    account.click()
    expect(stranger.get_by_text("<b>M</b>", exact=False).first).to_be_visible()
    assert not [address for address in asked if "x.example" in address]


def test_an_embedded_page_has_no_sign_in_button(stranger: Page) -> None:
    goto(stranger, "/train?embed=true")
    expect(stranger.get_by_role("heading", name="Train a classifier")).to_be_visible()
    expect(stranger.get_by_role("button", name="Sign in")).to_have_count(0)
