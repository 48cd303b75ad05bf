"""A headless Chromium that tests look through: the browser of the system."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from harness import Simulator, must_be_loopback

NAME = "Ada Löve & <Co>"


class Browser:
    """A headless Chromium with a profile of its own."""

    def __init__(self, directory: Path, has_script: bool = True, language: str = "en-GB", width: int = 1000):
        self.directory = directory
        options = Options()
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        assert chromium and driver, "there is no browser: apt-get install chromium chromium-driver"
        options.binary_location = chromium
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={directory / 'profile'}",
            f"--window-size={width},640", f"--lang={language}",
            f"--accept-lang={language}", "--no-first-run", "--disable-background-networking", "--no-proxy-server",
            # Loopback only, whatever a page or the browser itself asks for.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ):  # fmt: skip
            options.add_argument(argument)
        preferences: dict = {"intl.accept_languages": language}
        if not has_script:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        service = Service(
            driver, service_args=["--log-level=WARNING"], log_output=str(directory / "chromedriver.txt"),
            env={**os.environ, "HOME": str(directory)},
        )  # fmt: skip
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(20)
        if width < 500:
            # No window of Chromium is that narrow: the page is told so.
            self.command("Emulation.setDeviceMetricsOverride", width=width, height=740, deviceScaleFactor=2, mobile=True)

    def command(self, name: str, **parameters) -> dict:
        """Of the protocol of its developer tools."""
        return self.driver.execute_cdp_cmd(name, parameters)

    @property
    def url(self) -> str:
        return self.driver.current_url

    def open(self, url: str) -> None:
        must_be_loopback(url)
        self.driver.get(url)

    def text(self, element: str) -> str | None:
        """What an element shows; nothing when it is hidden or not there, or the page just changes."""
        try:
            found = self.driver.find_element(By.ID, element)
            return found.text if found.is_displayed() else None
        except WebDriverException:
            return None

    def is_in(self, server: Simulator, meeting: str, user: str = NAME) -> bool:
        seen = tuple(self.text(element) for element in ("server", "meeting", "user"))
        assert seen == (server.name, meeting, user), f"{seen} at {self.url}: {self.words()}"
        return True

    def has_ended(self) -> bool:
        return "has ended" in (self.text("ended") or "") and self.text("ok") == "OK" and self.text("live") is None

    def press_ok(self) -> None:
        self.driver.find_element(By.ID, "ok").click()

    def words(self) -> str:
        """What the page shows, read in one step: it may be replaced by the next one at any time."""
        return self.driver.execute_script("return document.body ? document.body.innerText : ''").replace("\n\n", "\n")

    def picture(self, name: str) -> None:
        assert self.driver.save_screenshot(str(self.directory / f"{name}.png"))

    def quit(self) -> None:
        self.driver.quit()


@pytest.fixture
def new_browser(tmp_path):
    """Somebody's browser: `new_browser("ada")`."""
    made: list[Browser] = []

    def start(name: str = "browser", **options) -> Browser:
        directory = tmp_path / name
        directory.mkdir()
        made.append(Browser(directory, **options))
        return made[-1]

    yield start
    for browser in made:
        browser.quit()
