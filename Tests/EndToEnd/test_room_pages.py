"""The page of a room as people meet it: in a browser, without a script, by keyboard, on a telephone, in other languages."""

from __future__ import annotations

import re

import pytest
import requests
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import new_browser  # noqa: F401 - a fixture
from harness import eventually
from pages import Page
from rooms import Hall, open_hall

PAST, FUTURE = "2021-01-01", "2999-01-01"
DESCRIPTION = "Every Monday we plan the week.\nBring your questions, and a cup of tea."


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet, recording=True, max_participants=100)


@pytest.fixture(name="page")
def open_page(hall, new_browser):  # noqa: F811
    def start(name: str = "browser", **options) -> Page:
        return Page(new_browser(name, **options), hall)

    return start


# ---------------------------------------------------------------------------------------------------- in and out


def test_a_moderator_fills_in_the_form_and_is_in_the_meeting(hall, page):
    room = hall.room(
        room_name="Größe & <Maß>", room_settings={"description": DESCRIPTION, "auto_start_recording": True}
    )
    token, code = hall.token(room, "moderator"), hall.code(room, "moderator")["code"]
    ada = page("ada").open(room, token).shows("join")
    assert ada.browser.driver.title and "Größe & <Maß>" in ada.browser.words()
    assert "Every Monday we plan the week." in ada.browser.words()
    ada.is_accessible().picture("form")
    # Everything that is missing is told at once, and linked.
    ada.press().shows("join_incomplete")
    links = [link.get_attribute("href").partition("#")[2] for link in
             ada.browser.driver.find_elements(By.CSS_SELECTOR, ".errors a")]  # fmt: skip
    assert sorted(links) == ["access_code", "consent", "name"]
    assert ada.script("return document.activeElement.className") == "errors"
    for field in links:
        element = ada.browser.driver.find_element(By.ID, field)
        assert element.get_attribute("aria-invalid") == "true"
        for described in element.get_attribute("aria-describedby").split():
            assert ada.has(described), described
    ada.is_accessible().picture("form-errors")
    ada.fill("name", "Ada Löve & <Co>").fill("access_code", "000000000").tick("consent").press()
    ada.shows("access_code_invalid").picture("form-wrong-code")
    # What was filled in is still there; a code never.
    assert ada.value("name") == "Ada Löve & <Co>" and ada.value("access_code") == ""
    assert ada.browser.driver.find_element(By.ID, "consent").is_selected()
    assert not ada.browser.driver.find_element(By.ID, "remember").is_selected()
    ada.fill("access_code", f" {code[:3]} {code[3:]} ").press()
    ada.is_in(room, "Ada Löve & <Co>")
    assert hall.people(room) == {"Ada Löve & <Co>": ("MODERATOR", "m_")}
    assert hall.meeting(room)[1]["parameters"]["record"] == "true"
    hall.must_keep_quiet()


def test_guests_wait_and_are_taken_in_by_themselves_with_and_without_a_script(hall, page):
    room = hall.room(is_public=True, room_name="Open lecture")
    with_script, without = page("with"), page("without", has_script=False)
    for guest, name in ((with_script, "With"), (without, "Without")):
        guest.open(room).shows("join").fill("name", name)
        guest.tick("consent") if guest.has("consent") else None
        guest.press().shows("not_started")
    with_script.is_accessible().picture("waiting")
    without.picture("waiting-without-script")
    assert with_script.browser.driver.find_elements(By.CSS_SELECTOR, "[role=status]")
    assert not hall.meetings(room)
    hall.visitor("Host").join(room, hall.token(room, "moderator"), consent={"recording": True}).ok()
    with_script.is_in(room, "With")
    without.is_in(room, "Without", within=30)
    assert {role for name, role in hall.people(room).items()} == {("VIEWER", "g_")}


def test_who_leaves_comes_back_as_the_same_person(hall, page):
    room = hall.room(room_features={"max_participants": 1, "recording": False})
    moderator = hall.token(room, "moderator")
    ada = page("ada").open(room, moderator).shows("join").fill("name", "Ada").tick("remember").press()
    ada.is_in(room, "Ada")
    (before,) = people_ids(hall, room)
    # The room is full for all others.
    ben = page("ben").open(room, moderator).shows("join").fill("name", "Ben").press().shows("room_full")
    ben.is_accessible().picture("full")
    ada.open(room, moderator).shows("join")
    assert ada.value("name") == "Ada", "the name is remembered on this device"
    ada.press().is_in(room, "Ada")
    assert people_ids(hall, room) == {before}
    # The end of the meeting leads to the room's page, which knows who was in.
    server, meeting = hall.meeting(room)
    server.end_meeting(meeting["meetingID"])
    eventually(ada.browser.has_ended, 5, "the meeting has ended")
    ada.browser.press_ok()
    ada.shows("left")
    assert "token=" not in ada.browser.url
    assert "has ended" in ada.browser.words()
    assert [button.text for button in ada.browser.driver.find_elements(By.CSS_SELECTOR, "button:disabled")] == ["Join again"]
    ada.is_accessible().picture("left")


def people_ids(hall: Hall, room: dict) -> set[str]:
    server, meeting = hall.meeting(room)
    told = server.client.info(meeting["meetingID"]).succeeded().xml
    return {person.findtext("userID") for person in told.findall("attendees/attendee")}


def test_two_browsers_start_at_once_and_meet(hall, page):
    room = hall.room(room_features={"recording": False})
    token = hall.token(room, "moderator")
    both = {name: page(name).open(room, token).shows("join").fill("name", name) for name in ("Ada", "Ben")}
    for server in hall.fleet.servers:
        server.fault("slow", call="create", when="after", seconds=1)
    for one in both.values():
        # Without waiting for the answer, as a click does.
        one.script("document.querySelector('main button[type=submit]').click()")
    for name, one in both.items():
        one.is_in(room, name)
    assert set(hall.people(room)) == {"Ada", "Ben"}
    assert sum(server.calls("create") for server in hall.fleet.servers) == 1


def test_a_page_keeps_trying_while_the_provider_is_down(hall, page):
    (server,) = hall.fleet.servers
    room = hall.room(room_features={"recording": False})
    ada = page("ada").open(room, hall.token(room, "moderator")).shows("join").fill("name", "Ada")
    server.kill()
    ada.press().shows("provider_unavailable")
    ada.is_accessible().picture("provider-down")
    server.start()
    hall.fleet.polled()
    # By itself, and without anything being asked again.
    ada.is_in(room, "Ada", within=45)


# ---------------------------------------------------------------------------------------------------- refusals


def test_every_refusal_has_a_page_that_says_what_to_do(hall, page):
    ada = page("ada")
    private, public = hall.room(room_name="Private"), hall.room(is_public=True, room_name="Public")
    moderator = hall.token(private, "moderator")

    def refused(code: str, room: dict, token: dict | str | None = None) -> None:
        ada.open(room, token).shows(code).is_accessible()
        heading = ada.browser.driver.find_elements(By.TAG_NAME, "h1")
        assert len(heading) == 1 and heading[0].text, code
        # Who has no valid link learns nothing of the room.
        if code in ("token_required", "token_invalid", "token_expired", "room_gone", "room_not_found"):
            assert room.get("room_name", "?") not in ada.browser.words(), code
        ada.picture(f"refused-{code}")

    refused("token_required", private)
    refused("token_invalid", private, token="x")
    refused("token_expired", private, hall.token(private, "attendee", expires_at=PAST))
    refused("room_not_found", {"url": f"{hall.root}/rooms/1111111111/none"})
    refused("token_invalid", public, token="x")
    # An invalid link of a public room: as a guest, but only if one wants.
    ada.browser.driver.find_element(By.CSS_SELECTOR, "main a.button").click()
    ada.shows("join")
    assert "token=" not in ada.browser.url

    hall.api.patch(f"/rooms/{private['id']}", {"room_settings": {"opens_at": FUTURE}}).ok()
    refused("room_not_open", private, moderator)
    calendar = ada.browser.driver.find_element(By.CSS_SELECTOR, "a[href*='calendar.ics']").get_attribute("href")
    told = requests.get(calendar, timeout=10)
    # A quarter of an hour earlier for moderators.
    assert told.headers["Content-Type"].startswith("text/calendar") and "DTSTART:29981231T234500Z" in told.text
    hall.api.patch(f"/rooms/{private['id']}", {"room_settings": {"opens_at": None, "closes_at": PAST}}).ok()
    refused("room_closed", private, moderator)
    hall.api.patch(
        f"/rooms/{private['id']}", {"room_settings": {"closes_at": None}, "status": "inactive"}
    ).ok()  # fmt: skip
    refused("room_inactive", private, moderator)
    hall.api.patch(f"/rooms/{public['id']}", {"room_settings": {"guest_policy": "always_deny"}}).ok()
    refused("guests_not_allowed", public)
    hall.api.delete(f"/rooms/{private['id']}").ok(204)
    refused("room_gone", private, moderator)
    hall.api.patch(f"/subscriptions/{hall.subscription['id']}", {"status": "inactive"}).ok()
    refused("subscription_unusable", public)


def test_what_the_page_sends_and_how_an_address_is_corrected(hall):
    room = hall.room(room_name="Business Meeting")
    token = hall.token(room, "moderator")
    for path in ("", "/", "/an-old-one"):
        answer = requests.get(
            f"{hall.root}/rooms/{room['id']}{path}?token={token['token']}&x=%C3%BC", timeout=10, allow_redirects=False
        )
        assert answer.status_code == 308, path
        assert answer.headers["Location"].endswith(
            f"/rooms/{room['id']}/business-meeting?token={token['token']}&x=%C3%BC"
        )
    for url in (token["url"], room["url"], f"{hall.root}/rooms/1111111111/x"):
        answer = requests.get(url, timeout=10, allow_redirects=False)
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex" and "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        # Nothing of anybody else, and nothing in the page itself.
        assert not re.search(r"(src|href|action)=\"(?:https?:)?//(?!127\.0\.0\.1)", answer.text)
        assert "<style" not in answer.text and "<script>" not in answer.text and " style=" not in answer.text
        for asset in re.findall(r"(?:src|href)=\"(/assets/[^\"]+)\"", answer.text):
            got = requests.get(hall.root + asset, timeout=10)
            assert got.status_code == 200 and "immutable" in got.headers["Cache-Control"]
    shown = requests.get(token["url"], timeout=10)
    for cookie in shown.raw.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, cookie
    wrong = requests.post(token["url"], data=b"x" * 100_000, timeout=10)
    assert 400 <= wrong.status_code < 500 and wrong.headers["Content-Type"].startswith("text/html")


def test_hostile_texts_are_only_texts(hall, page):
    evil = "<img src=x onerror=alert(1)>\"'&amp;"
    room = hall.room(room_name=evil, is_public=True, room_settings={"description": evil, "anyone_can_start": True})
    ada = page("ada").open(room).shows("join")
    assert evil in ada.browser.words()
    ada.fill("name", evil).press()
    ada.shows("consent_required")
    assert ada.value("name") == evil and not ada.browser.driver.find_elements(By.CSS_SELECTOR, "main img")
    for query in ("lang=%3Cscript%3E", "error=%3Cscript%3Ealert(1)%3C/script%3E", "token=%22%3E%3Cscript%3E", "ticket=%00"):
        ada.browser.open(f"{room['url']}?{query}")
        assert not ada.script("return [...document.scripts].some(one => !one.src)"), query


# ---------------------------------------------------------------------------------------------------- for everybody


def test_the_keyboard_reaches_everything_in_order(hall, page):
    room = hall.room(room_settings={"auto_start_recording": True})
    token, code = hall.token(room, "moderator"), hall.code(room, "moderator")["code"]
    ada = page("ada").open(room, token).shows("join")
    reached = []
    for _ in range(5):
        ActionChains(ada.browser.driver).send_keys(Keys.TAB).perform()
        focused = ada.browser.driver.switch_to.active_element
        reached.append(focused.get_attribute("id") or focused.tag_name)
        outline = ada.script("const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]")
        assert outline[0] != "none" and float(outline[1].removesuffix("px")) >= 2, f"{reached[-1]} shows no focus"
        typed = {"name": "Ada", "access_code": code, "consent": Keys.SPACE}.get(reached[-1])
        if typed:
            ActionChains(ada.browser.driver).send_keys(typed).perform()
    assert reached == ["name", "remember", "access_code", "consent", "button"]
    ada.picture("form-by-keyboard")
    ActionChains(ada.browser.driver).send_keys(Keys.ENTER).perform()
    ada.is_in(room, "Ada")


def test_on_a_telephone_nothing_is_wider_than_the_screen(hall, page):
    long = "Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlossreparatur " + "x" * 90
    room = hall.room(room_name=long, is_public=True, room_settings={"description": DESCRIPTION, "auto_start_recording": True})
    hall.code(room, "guest")
    ada = page("phone", width=360).open(room).shows("join").fits().is_accessible().picture("phone-form")
    ada.press().shows("join_incomplete").fits().picture("phone-errors")
    for language in ("de", "fr", "es", "pt-BR", "ar"):
        ada.open(room, lang=language).shows("join").fits()
    assert ada.browser.driver.find_element(By.TAG_NAME, "html").get_attribute("dir") == "rtl"
    ada.is_accessible().picture("phone-arabic")
    ada.open(room, token="x").shows("token_invalid").fits().picture("phone-refused")
    other = hall.room(room_name=long, is_public=True)
    ada.open(other).shows("join").fill("name", "Ada").tick("consent").press().shows("not_started")
    ada.fits().picture("phone-waiting")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_device_and_have_contrast(hall, page, scheme):
    room = hall.room(is_public=True, room_settings={"description": DESCRIPTION})
    ada = page("ada")
    ada.browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    ada.open(room).shows("join")
    ground = ada.script("return getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", ground)[:3])
    assert brightness > 600 if scheme == "light" else brightness < 150, ground
    ada.is_accessible().picture(f"{scheme}-form")
    ada.fill("name", "Ada").press().shows("consent_required").is_accessible().picture(f"{scheme}-error")
    ada.tick("consent").press().shows("not_started").is_accessible().picture(f"{scheme}-waiting")


def test_the_page_speaks_the_visitors_language(hall, page):
    room = hall.room(is_public=True, room_name="اجتماع Business 2026")
    ada = page("ada", language="de-AT").open(room).shows("join")
    html = ada.browser.driver.find_element(By.TAG_NAME, "html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("de", "ltr")
    seen = {ada.browser.driver.find_element(By.TAG_NAME, "h1").text}
    links = [(link.get_attribute("lang"), link.get_attribute("href")) for link in
             ada.browser.driver.find_elements(By.CSS_SELECTOR, "footer nav a")]  # fmt: skip
    assert {language for language, _ in links} == {"en", "de", "fr", "es", "pt-BR", "ar"}
    for language, href in links:
        ada.browser.open(href)
        html = ada.browser.driver.find_element(By.TAG_NAME, "html")
        assert html.get_attribute("lang") == language
        assert html.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        seen.add(ada.browser.driver.find_element(By.TAG_NAME, "h1").text)
        ada.picture(f"language-{language}")
    assert len(seen) == 6, seen
    # The form keeps the language.
    ada.browser.open(dict(links)["ar"])
    ada.press().shows("join_incomplete")
    assert ada.browser.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "ar"
    ada.is_accessible().picture("arabic-errors")
    # What the room says counts more than the browser, what the visitor says more than the room.
    spanish = hall.room(is_public=True, room_settings={"locale": "es"})
    assert ada.open(spanish).shows("join").browser.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "es"
    assert ada.open(spanish, lang="fr").browser.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "fr"
