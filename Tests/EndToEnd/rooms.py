"""Rooms as customers and visitors use them: the REST API with a key, and joining without a browser."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from harness import Balancer, Fleet, Simulator, eventually, fresh, must_be_loopback

# Many visitors of these tests have one address.
SETTINGS = {
    "PLENARY_POLL_INTERVAL": "500ms",
    "PLENARY_HEALTH_RISE": "1",
    "PLENARY_ROOMS_JOINS_PER_MINUTE": "100000",
}
BASE = "/api/v1"
ID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{10}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Reply:
    """One answer of the REST API; no redirect was followed."""

    asked: str
    status: int
    headers: requests.structures.CaseInsensitiveDict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def tag(self) -> str:
        return self.headers["ETag"]

    def told(self) -> str:
        return f"{self.asked}: {self.status} {self.body[:1500].decode(errors='replace')}"

    def checked(self) -> Reply:
        """Asserts what holds for every answer (2.8, 2.9)."""
        assert self.headers["X-Request-Id"].startswith("req_"), self.told()
        assert self.headers["Cache-Control"] == "no-store", self.told()
        if self.status < 400:
            if self.body and self.headers["Content-Type"].startswith("application/json"):
                assert isinstance(self.json, dict), self.told()
            return self
        assert self.headers["Content-Type"] == "application/problem+json", self.told()
        told = self.json
        assert told["status"] == self.status and told["title"] and told["detail"], self.told()
        assert told["type"].endswith(f"/problems/{told['code']}"), self.told()
        # What is told again is as it was the first time, without an id of that time.
        is_again = "Idempotency-Replayed" in self.headers
        assert is_again or told["request_id"] == self.headers["X-Request-Id"], self.told()
        if self.status == 401:
            assert self.headers["WWW-Authenticate"] == "Bearer", self.told()
        if self.status == 429:
            assert int(self.headers["Retry-After"]) > 0, self.told()
        return self

    def ok(self, status: int = 200):
        """Asserts that it worked: the body."""
        assert self.status == status, f"expected {status}: {self.told()}"
        return self.json if self.body else None

    def problem(self, status: int, code: str, /, **places: str) -> dict:
        """Asserts what is wrong. `room_name="required"` is a fault of that member; all faults must be named."""
        assert self.status == status and self.json["code"] == code, f"expected {status} {code}: {self.told()}"
        if places:
            found = {fault.get("pointer") or fault.get("parameter"): fault["code"] for fault in self.json["errors"]}
            assert found == {place_of(name): fault for name, fault in places.items()}, self.told()
        return self.json


def place_of(name: str) -> str:
    """`room_metadata__a` is the pointer `/room_metadata/a`; `query_x` is the parameter `x`."""
    return name.removeprefix("query_") if name.startswith("query_") else "/" + name.replace("__", "/")


class API:
    """The REST API with one key; without one: anybody."""

    def __init__(self, root: str, key: str | None):
        must_be_loopback(root)
        self.root = root
        self.key = key
        self._sessions = threading.local()

    def send(self, method: str, path: str, body=None, headers: dict | None = None, **query) -> Reply:
        """`body` is JSON, or octets as they are. Query names may hold what Python's may not: `**{"filter[status]": "active"}`."""
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
            session.trust_env = False
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
        octets = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        # A path is sent as it stands: what is wrong in it, too.
        url = path if path.startswith("http") else f"{self.root}{BASE}{path}"
        must_be_loopback(url)
        answer = session.request(
            method, url, params=query or None, data=octets, headers=sent | (headers or {}), timeout=40,
            allow_redirects=False,
        )  # fmt: skip
        return Reply(f"{method} {path} {query or ''}", answer.status_code, answer.headers, answer.content).checked()

    def get(self, path: str, **query) -> Reply:
        return self.send("GET", path, **query)

    def post(self, path: str, body=None, headers: dict | None = None, **query) -> Reply:
        return self.send("POST", path, {} if body is None else body, headers, **query)

    def patch(self, path: str, body, headers: dict | None = None, **query) -> Reply:
        return self.send("PATCH", path, body, headers, **query)

    def put(self, path: str, body) -> Reply:
        return self.send("PUT", path, body)

    def delete(self, path: str, headers: dict | None = None, **query) -> Reply:
        return self.send("DELETE", path, None, headers, **query)

    def list(self, path: str, **query) -> list[dict]:
        """All of a list of at most 200."""
        told = self.get(path, limit=200, **query).ok()
        assert told["object"] == "list" and told["meta"]["pagination"]["total"] == len(told["data"]), told
        return told["data"]


def new_key(balancer: Balancer, *permissions: str, customer: str | None = None) -> API:
    """A key from the command line, as the first one must be."""
    options = [text for permission in permissions or ("*",) for text in ("--permission", permission)]
    options += ["--customer", customer] if customer else []
    made = balancer.json("api-key", "create", fresh("key"), *options)
    return API(balancer.root, made["key"])


@dataclass
class Hall:
    """A customer with a subscription and an account, and whoever runs the platform."""

    fleet: Fleet
    # The operator, who may everything.
    api: API
    package: dict
    customer: dict
    subscription: dict
    account: dict
    # Texts that no log may have in it.
    secrets: set[str] = field(default_factory=set)

    @property
    def balancer(self) -> Balancer:
        return self.fleet.balancer

    @property
    def root(self) -> str:
        return self.balancer.root

    def key(self, *permissions: str) -> API:
        """A key that sees nobody but this customer."""
        body = {"name": fresh("key"), "permissions": list(permissions) or ["*"], "customer_ids": [self.customer["id"]]}
        return API(self.root, self.api.post("/api-keys", body).ok(201)["key"])

    def another(self, **features) -> Hall:
        """Somebody else on the same platform."""
        return furnish(self.fleet, self.api, **features)

    def room(self, **given) -> dict:
        body = {"account_id": self.account["id"], "room_name": "Business Meeting"} | given
        return self.api.post("/rooms", body).ok(201)

    def token(self, room: dict, role: str, **given) -> dict:
        made = self.api.post(f"/rooms/{room['id']}/tokens", {"role": role} | given).ok(201)
        self.secrets.add(made["token"])
        return made

    def code(self, room: dict, role: str, **given) -> dict:
        made = self.api.post(f"/rooms/{room['id']}/access-codes", {"role": role} | given).ok(201)
        self.secrets.add(made["code"])
        return made

    def visitor(self, name: str | None = "Ada", address: str | None = None) -> Visitor:
        return Visitor(self, name, address)

    # What the servers have.

    def meetings(self, room: dict) -> list[tuple[Simulator, dict]]:
        """The meetings of a room, wherever they are."""
        return [
            (server, meeting)
            for server in self.fleet.servers
            if server.process.is_running
            for meeting_id, meeting in server.meetings().items()
            if meeting_id.endswith(room["uuid"])
        ]

    def meeting(self, room: dict) -> tuple[Simulator, dict]:
        """The only one that there is."""
        found = self.meetings(room)
        assert len(found) == 1, f"{room['room_name']} has {len(found)} meetings: {found}"
        return found[0]

    def people(self, room: dict) -> dict[str, tuple[str, str]]:
        """Who is in, as the server tells it: name to role and the letter that the room's users begin with."""
        server, meeting = self.meeting(room)
        told = server.client.info(meeting["meetingID"]).succeeded().xml
        return {
            person.findtext("fullName"): (person.findtext("role"), person.findtext("userID")[:2])
            for person in told.findall("attendees/attendee")
        }

    def must_keep_quiet(self) -> None:
        """Nothing that lets anybody in is in the log."""
        log = self.balancer.log.read_text(errors="replace")
        assert "checksum=" not in log and "sessionToken" not in log and "ticket=" not in log
        told = [secret for secret in self.secrets | {self.api.key} if secret in log]
        assert not told, f"the log has {told}"


class Visitor:
    """Somebody without a browser who joins by the JSON of the page."""

    def __init__(self, hall: Hall, name: str | None, address: str | None):
        self.hall = hall
        self.name = name
        # As a proxy in front would tell it: those on this machine are believed.
        self.headers = {"X-Forwarded-For": address} if address else {}
        self.api = API(hall.root, None)

    def ask(self, room: dict | str, token: dict | str | None = None) -> Reply:
        """What the page must ask."""
        return self.api.send("GET", f"/join/{id_of(room)}", headers=self.headers, **text_of(token))

    def join(self, room: dict | str, token: dict | str | None = None, code: str | None = None, **given) -> Reply:
        body = text_of(token) | ({"name": self.name} if self.name else {}) | ({"access_code": code} if code else {})
        return self.again(room, **body | given)

    def again(self, room: dict | str, **body) -> Reply:
        """With exactly that body, such as a ticket."""
        reply = self.api.post(f"/join/{id_of(room)}", body, self.headers)
        if reply.status < 300:
            assert reply.json["object"] == "JoinResult", reply.told()
            self.hall.secrets.update(reply.json[name] for name in ("ticket", "redirect_url") if name in reply.json)
        return reply

    def enter(self, joined: Reply) -> str:
        """Follows the way into the meeting as a browser does: the address of the client."""
        told = joined.ok()
        assert told["state"] == "ready" and 0 < told["expires_in"] <= 600, told
        return follow(told["redirect_url"])

    def come(self, room: dict, token: dict | str | None = None, code: str | None = None) -> str:
        return self.enter(self.join(room, token, code))

    def wait(self, room: dict, token: dict | str | None = None, reason: str = "not_started", **given) -> dict:
        """Is told to wait: what was told."""
        told = self.join(room, token, **given).ok(202)
        assert (told["state"], told["reason"]) == ("waiting", reason), told
        assert told["retry_after"] == 5 and told["events_url"].startswith(self.hall.root), told
        return told

    def events(self, told: dict) -> Iterator[dict]:
        """What the server tells somebody who waits, until it has nothing more to say."""
        must_be_loopback(told["events_url"])
        with requests.get(told["events_url"], stream=True, timeout=(5, 40), headers=self.headers) as answer:
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            name = None
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    assert name == "state", line
                    yield json.loads(line.removeprefix("data: "))
                else:
                    assert not line or line.startswith(":"), line


def id_of(room: dict | str) -> str:
    return room if isinstance(room, str) else room["id"]


def text_of(token: dict | str | None) -> dict[str, str]:
    text = token["token"] if isinstance(token, dict) else token
    return {"token": text} if text else {}


def follow(url: str, most: int = 5) -> str:
    """Goes where redirects lead, on loopback only: the last address."""
    with requests.Session() as browser:
        browser.trust_env = False
        for _ in range(most):
            must_be_loopback(url)
            answer = browser.get(url, allow_redirects=False, timeout=20)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return url
            url = urljoin(url, answer.headers["Location"])
    raise AssertionError(f"more than {most} redirects, the last to {url}")


def parameters(joined: Reply) -> dict[str, str]:
    """What the address of a join says."""
    query = urlsplit(joined.ok()["redirect_url"]).query
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


# ---------------------------------------------------------------------------------------------------- beginnings

_numbers = itertools.count(1)

FEATURES = {"max_rooms": 100, "max_participants": 100, "max_duration": 60}


def furnish(fleet: Fleet, api: API, **features) -> Hall:
    """A package, a customer, its subscription and account, all by the API. `features` replace those that packages have here."""
    number = next(_numbers)
    package = api.post(
        "/packages",
        {
            "name": f"Meet {number}", "service_type": "meet",
            "features": [{"code": code, "value": value} for code, value in (features or FEATURES).items()],
        },
    ).ok(201)  # fmt: skip
    customer = api.post(
        "/customers",
        {
            "customer_type": "business", "email": f"{fresh('it')}@example.org", "first_name": "Ida",
            "last_name": "Berg", "company_name": f"School {number}", "country": "DE", "currency": "EUR",
            "locale": "de", "timezone": "Europe/Berlin",
        },
    ).ok(201)  # fmt: skip
    subscription = api.post(
        "/subscriptions", {"package_id": package["id"], "subscriber_id": customer["id"]}
    ).ok(201)  # fmt: skip
    account = api.post(
        "/accounts", {"account_name": f"Meetings {number}", "subscription_id": subscription["id"]}
    ).ok(201)  # fmt: skip
    return Hall(fleet, api, package, customer, subscription, account)


def open_hall(start_fleet, servers: int = 1, settings: dict | None = None, **features) -> Hall:
    """A platform with simulated servers, and a first customer."""
    fleet = start_fleet(servers, **SETTINGS | (settings or {}))
    fleet.polled()
    return furnish(fleet, new_key(fleet.balancer), **features)


def ready_eventually(visitor: Visitor, room: dict, ticket: str, within: float = 15) -> Reply:
    """Asks with a ticket until it is let in."""
    held = {"ticket": ticket}

    def attempt() -> Reply | None:
        reply = visitor.again(room, **held)
        if reply.status == 202:
            held["ticket"] = reply.json["ticket"]
        return reply if reply.status == 200 else None

    return eventually(attempt, within, f"{visitor.name} is let in")
