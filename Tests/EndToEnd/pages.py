"""A page in a browser, and what each of them must be: no wider than its window, and fit for everybody."""

from __future__ import annotations

import base64
from pathlib import Path

import axe_core_python
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from browser import Browser
from harness import ROOT, eventually
from rooms import Hall

PICTURES = ROOT / ".build" / "screenshots"


class Page:
    """A page of the platform in a browser; `open` opens that of a room, `go` any other."""

    def __init__(self, browser: Browser, hall: Hall):
        self.browser = browser
        self.hall = hall

    def open(self, room: dict, token: dict | str | None = None, **query: str) -> Page:
        """With a token of the room, or with any text as one."""
        if isinstance(token, str):
            query["token"] = token
        more = "&".join(f"{name}={value}" for name, value in query.items())
        url = token["url"] if isinstance(token, dict) else room["url"]
        self.browser.open(url + (("&" if "?" in url else "?") + more if more else ""))
        return self

    def go(self, path: str) -> Page:
        self.browser.open(self.hall.root + path)
        return self

    def code(self) -> str | None:
        """The word that is shown small, by which the page says in which state it is."""
        try:
            return self.browser.driver.find_element(By.CSS_SELECTOR, "footer code").text
        except WebDriverException:
            return None

    def shows(self, code: str, within: float = 10) -> Page:
        eventually(lambda: self.code() == code, within, f"the page shows {code}, not {self.code()}")
        return self

    def fill(self, field: str, text: str) -> Page:
        element = self.browser.driver.find_element(By.ID, field)
        element.clear()
        element.send_keys(text)
        return self

    def tick(self, field: str) -> Page:
        self.browser.driver.find_element(By.ID, field).click()
        return self

    def press(self) -> Page:
        self.browser.driver.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
        return self

    def value(self, field: str) -> str:
        return self.browser.driver.find_element(By.ID, field).get_property("value")

    def has(self, field: str) -> bool:
        return bool(self.browser.driver.find_elements(By.ID, field))

    def is_in(self, room: dict, user: str, within: float = 15) -> None:
        server, _ = eventually(lambda: self.hall.meeting(room), within, "there is a meeting")
        eventually(lambda: self.browser.is_in(server, room["room_name"], user), within, f"{user} is in the meeting")
        assert self.browser.url.startswith(f"http://127.0.0.1:{server.port}/html5client/")

    def picture(self, name: str) -> Page:
        """All of the page, for people who look at it."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        taken = self.browser.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))
        return self

    # What every page must be.

    def script(self, text: str):
        return self.browser.driver.execute_script(text)

    def fits(self) -> Page:
        wide = self.script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], f"{self.browser.url} is {wide[0]} wide, the window {wide[1]}"
        return self

    def is_accessible(self) -> Page:
        """The rules of axe-core for WCAG 2.2 AA and good practice, and the size of what is pressed."""
        self.browser.driver.execute_script(axe())
        told = self.browser.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']}).then(done, error => done({error: String(error)}));"
        )
        assert "error" not in told, told
        found = [(one["id"], [node["html"] for node in one["nodes"]]) for one in told["violations"]]
        assert not found, f"{self.code()}: {found}"
        small = self.script(
            "return [...document.querySelectorAll('button, a.button, input, footer a')]"
            ".filter(e => e.offsetParent).map(e => [e.outerHTML, e.getBoundingClientRect()])"
            ".filter(([_, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"
        )
        assert not small, f"too small to be pressed: {small}"
        return self


def axe() -> str:
    return (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
