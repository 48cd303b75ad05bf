"""Signing in: set-up links, the pages, sessions in the REST API, and users who join as what they are in a room."""

from __future__ import annotations

import html
import re

import pytest
import requests

from harness import must_be_loopback
from rooms import Hall, open_hall

PASSWORD = "correct horse battery"


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet, max_participants=100)


class Person:
    """A browser without script, which keeps cookies."""

    def __init__(self, hall: Hall):
        self.hall = hall
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = "en"
        self.page: requests.Response | None = None

    def open(self, url: str) -> Person:
        url = url if url.startswith("http") else self.hall.root + url
        must_be_loopback(url)
        self.page = self.session.get(url, timeout=20)
        return self

    @property
    def code(self) -> str:
        """The word that is shown small."""
        return re.search(r"<code dir=\"ltr\">(\w+)</code>", self.page.text)[1]

    def hidden(self, name: str) -> str | None:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page.text)
        return html.unescape(found[1]) if found else None

    def send(self, path: str, headers: dict | None = None, **fields) -> Person:
        """Sends a form, with what the page shows hidden."""
        kept = {name: self.hidden(name) for name in ("csrf_token", "token", "next", "as")} if self.page is not None else {}
        sent = {name: value for name, value in kept.items() if value is not None} | fields
        url = self.hall.root + path
        must_be_loopback(url)
        self.page = self.session.post(url, data=sent, headers=headers, timeout=20)
        return self

    def set_password(self, link: str, **fields) -> Person:
        self.open(link)
        assert self.code == "set_up", self.page.text
        return self.send("/setup", password=PASSWORD, repeated_password=PASSWORD, **fields)

    def sign_in(self, email: str, password: str = PASSWORD, kind: str = "") -> Person:
        self.open(f"/sign-in?as={kind}" if kind else "/sign-in")
        return self.send("/sign-in", email=email, password=password)

    def api(self, method: str, path: str, body=None, token: str | None = None) -> requests.Response:
        headers = {"X-CSRF-Token": token} if token else {}
        return self.session.request(method, f"{self.hall.root}/api/v1{path}", json=body, headers=headers, timeout=20)


def test_the_first_administrator_signs_in_and_works(hall):
    link = hall.balancer.command("admin", "setup-link").out.strip()
    olga = Person(hall).set_password(link, email="olga@rooms.example", name="Olga Petrow")
    assert olga.code == "account" and "Olga Petrow" in olga.page.text
    token = olga.hidden("csrf_token")
    assert olga.open(link).page.status_code == 404 and olga.code == "link_gone"
    assert olga.api("GET", "/me").json()["kind"] == "administrator"
    body = {"name": "support", "permissions": ["*.read"]}
    assert olga.api("POST", "/roles", body).status_code == 403
    made = olga.api("POST", "/roles", body, token)
    assert made.status_code == 201, made.text
    olga.open("/sign-out").send("/sign-out")
    assert olga.code == "signed_out" and olga.api("GET", "/me").status_code == 401
    assert olga.sign_in("olga@rooms.example", "wrong horse", "admin").page.status_code == 401
    assert olga.sign_in("olga@rooms.example", kind="admin").code == "account"
    hall.secrets |= {PASSWORD, token, link.split("token=")[1]}
    hall.must_keep_quiet()


def test_wrong_passwords_wait(hall):
    hall.balancer.command("admin", "create", "ida@school.example", "--name", "Ida")
    person = Person(hall)
    statuses = [person.sign_in("ida@school.example", "wrong horse", "admin").page.status_code for _ in range(7)]
    assert statuses[:4] == [401] * 4 and statuses[-1] == 429, statuses
    assert int(person.page.headers["Retry-After"]) > 0


def test_another_site_signs_nobody_in_and_changes_nothing(hall):
    link = hall.balancer.command("admin", "setup-link").out.strip()
    olga = Person(hall).set_password(link, email="olga@rooms.example", name="Olga")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert olga.send("/sign-out", headers=foreign).page.status_code == 403
    assert olga.open("/account").code == "account"
    other = Person(hall).open("/sign-in?as=admin")
    assert other.send("/sign-in", headers=foreign, email="olga@rooms.example", password=PASSWORD).page.status_code == 403
    assert not other.session.cookies
    to = Person(hall).open("/sign-in?as=admin&next=https://evil.example/")
    assert to.send("/sign-in", email="olga@rooms.example", password=PASSWORD).page.url == f"{hall.root}/account"


def test_a_user_acts_and_joins_by_the_permissions_of_a_room(hall):
    user = hall.api.post(
        "/users", {"email": "max@school.example", "first_name": "Max", "last_name": "Muster"}
    ).ok(201)  # fmt: skip
    room, other = hall.room(), hall.room(room_name="Other")
    hall.api.post(
        f"/rooms/{room['id']}/users", {"user_id": user["id"], "permissions": ["room.view", "room.start"]}
    ).ok(201)  # fmt: skip
    link = hall.api.post(f"/users/{user['id']}/setup-link").ok(201)["url"]
    assert hall.key().send("POST", f"/users/{user['id']}/setup-link", {}).status == 403

    stranger = Person(hall).open(room["url"])
    assert stranger.page.status_code == 401 and "/sign-in?next=" in stranger.page.text

    person = Person(hall).set_password(link)
    token = person.hidden("csrf_token")
    assert [found["id"] for found in person.api("GET", "/rooms").json()["data"]] == [room["id"]]
    assert person.api("GET", f"/rooms/{room['id']}").status_code == 200
    assert person.api("GET", f"/rooms/{other['id']}").status_code == 404
    assert person.api("PATCH", f"/rooms/{room['id']}", {"room_name": "Mine"}, token).status_code == 403
    assert person.api("GET", f"/rooms/{room['id']}/tokens").status_code == 403
    assert person.api("GET", "/customers").status_code == 403

    person.open(room["url"])
    assert person.page.status_code == 200 and "You join as a moderator." in person.page.text
    path = room["url"].removeprefix(hall.root)
    person.send(path, name="Max Muster")
    target = html.unescape(re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', person.page.text)[1])
    assert f"userID=m_u{user['id']}" in target
    person.open("/account").send("/sign-out")
    assert person.open(room["url"] + "?again=1").page.status_code == 401


def test_who_may_change_a_room_makes_it_active_again(hall):
    room = hall.room(status="inactive")
    hall.api.post(
        f"/rooms/{room['id']}/users",
        {"email": "eva@school.example", "permissions": ["room.join", "room.update"]},
    ).ok(201)  # fmt: skip
    (user,) = [found for found in hall.api.list("/users") if found["email"] == "eva@school.example"]
    link = hall.api.post(f"/users/{user['id']}/setup-link").ok(201)["url"]
    eva = Person(hall).set_password(link).open(room["url"])
    assert eva.code == "room_inactive"
    path = room["url"].removeprefix(hall.root)
    eva.send(f"{path}/reactivate")
    assert eva.code == "join", eva.page.text
    assert hall.api.get(f"/rooms/{room['id']}").ok()["status"] == "active"
