"""The pages to sign in and the reference of the API as people meet them in a browser."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import new_browser  # noqa: F811,F401 - a fixture
from pages import Page
from rooms import Hall, open_hall

PASSWORD = "correct horse battery"


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet, max_participants=100)


@pytest.fixture(name="page")
def open_page(hall, new_browser):  # noqa: F811
    def start(name: str = "browser", **options) -> Page:
        return Page(new_browser(name, **options), hall)

    return start


def first_administrator(page: Page) -> Page:
    """Opens the link of the first run, and is signed in by it."""
    link = page.hall.balancer.command("admin", "setup-link").out.strip()
    page.go(link.removeprefix(page.hall.root)).shows("set_up").fits().is_accessible()
    page.fill("email", "olga@rooms.example").fill("name", "Olga Petrow")
    return page.fill("password", PASSWORD).fill("repeated_password", PASSWORD).press().shows("account")


@pytest.mark.parametrize("has_script", [True, False])
def test_the_first_administrator_sets_a_password_leaves_and_comes_back(page, has_script):
    olga = page(has_script=has_script)
    link = olga.hall.balancer.command("admin", "setup-link").out.strip()
    olga.go(link.removeprefix(olga.hall.root)).shows("set_up")
    olga.fill("email", "olga@rooms.example").fill("name", "Olga Petrow").fill("password", PASSWORD)
    olga.fill("repeated_password", "another one").press().shows("set_up")
    assert olga.browser.driver.find_elements(By.CSS_SELECTOR, "[aria-invalid=true]")
    # What was typed stays, but for passwords.
    assert (olga.value("email"), olga.value("password")) == ("olga@rooms.example", "")
    olga.fill("password", PASSWORD).fill("repeated_password", PASSWORD).press().shows("account")
    assert "Olga Petrow" in olga.browser.words()
    olga.go("/sign-out").press().shows("signed_out")
    olga.go("/account").shows("sign_in")
    olga.go("/sign-in?as=admin").fill("email", "olga@rooms.example").fill("password", "wrong horse").press()
    olga.shows("sign_in")
    assert olga.value("email") == "olga@rooms.example" and "Olga" not in olga.browser.words()
    olga.fill("password", PASSWORD).press().shows("account")
    # The cookie is out of the reach of any script.
    assert all(cookie["httpOnly"] for cookie in olga.browser.driver.get_cookies() if "session" in cookie["name"])


def test_a_user_of_a_private_room_signs_in_and_is_in_its_meeting(page, hall):
    room = hall.room(room_name="Staff")
    user = hall.api.post(
        "/users", {"email": "max@school.example", "first_name": "Max", "last_name": "Muster"}
    ).ok(201)  # fmt: skip
    hall.api.post(
        f"/rooms/{room['id']}/users", {"user_id": user["id"], "permissions": ["room.view", "room.start"]}
    ).ok(201)  # fmt: skip
    link = hall.api.post(f"/users/{user['id']}/setup-link").ok(201)["url"]
    max_page = page("max")
    max_page.go(link.removeprefix(hall.root)).shows("set_up").fill("password", PASSWORD)
    max_page.fill("repeated_password", PASSWORD).press().shows("account")
    max_page.go("/sign-out").press().shows("signed_out")
    # From the door of the room to the form, and back to the room.
    max_page.open(room)
    max_page.browser.driver.find_element(By.CSS_SELECTOR, "main a[href*='/sign-in']").click()
    max_page.shows("sign_in").fill("email", "max@school.example").fill("password", PASSWORD).press().shows("join")
    assert not max_page.has("name") and "Max Muster" in max_page.browser.words()
    max_page.press().is_in(room, "Max Muster")


def test_by_keyboard_alone(page):
    olga = first_administrator(page("olga"))
    olga.go("/sign-out").press().shows("signed_out").go("/sign-in?as=admin").shows("sign_in")
    for text in ("olga@rooms.example", PASSWORD):
        field = "email" if "@" in text else "password"
        for _ in range(20):
            focused = olga.browser.driver.switch_to.active_element
            if focused.get_attribute("id") == field:
                break
            focused.send_keys(Keys.TAB)
        olga.browser.driver.switch_to.active_element.send_keys(text)
    olga.browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    olga.shows("account")


@pytest.mark.parametrize(
    ("name", "width", "language", "is_dark"),
    [("wide", 1000, "en-GB", False), ("telephone", 360, "de-DE", False), ("dark", 1000, "fr-FR", True),
     ("arabic", 360, "ar", True)],
)  # fmt: skip
def test_the_pages_fit_and_are_accessible(page, name, width, language, is_dark):
    olga = page(width=width, language=language)
    if is_dark:
        olga.browser.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
        )
    first_administrator(olga).fits().is_accessible().picture(f"account-{name}")
    olga.go("/sign-out").shows("sign_out").fits().is_accessible().press().shows("signed_out").fits().is_accessible()
    olga.go("/sign-in").shows("sign_in").fits().is_accessible().picture(f"sign-in-{name}")
    olga.press().shows("sign_in").fits().is_accessible().picture(f"sign-in-fault-{name}")
    olga.go("/setup?token=none").shows("link_gone").fits().is_accessible().picture(f"link-gone-{name}")
    olga.go("/api/")
    assert "/rooms/{room_id}" in olga.browser.words()
    olga.fits().is_accessible().picture(f"reference-{name}")
