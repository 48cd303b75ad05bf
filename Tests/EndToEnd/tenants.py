"""Accounts as the tests see them: several on one fleet, each with marks of its own that nobody else may ever see."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

from harness import SECRET, Answer, Balancer, Client, Fleet, eventually, fresh
from receiver import Received, Receiver

# A running `serve` takes note of a change within this.
NOTICE = 2.0
# An id as only servers know it.
SCOPED = re.compile(r"(?<![0-9a-z])a[1-9][0-9]*(?:~|%7e)", re.IGNORECASE)

# Seed 004, "All calls: authorization"; balancer.md 7.
DISABLED = "This application is not currently allowed to access this API."
MAY_NOT_RECORD = "This application is not allowed to record meetings."
TOO_MANY_MEETINGS = "This application is not allowed to have any more concurrent meetings."


def refusal(message: str) -> bytes:
    """A refusal for want of permission, octet by octet."""
    return (
        "<response><returncode>FAILED</returncode><messageKey>permissionDenied</messageKey>"
        f"<message>{message}</message></response>"
    ).encode()


class HostClient(Client):
    """Calls an account by a host of its own."""

    def __init__(self, api: str, secret: str, host: str):
        super().__init__(api, secret)
        self.host = host

    def fetch(self, url: str, timeout: float = 40.0, method: str = "GET", **request) -> Answer:
        headers = {"Host": self.host} | (request.pop("headers", None) or {})
        return super().fetch(url, timeout, method, headers=headers, **request)


def by_path(balancer: Balancer, slug: str, secret: str) -> Client:
    return Client(f"{balancer.root}/a/{slug}/bigbluebutton/api", secret)


def by_host(balancer: Balancer, label: str, secret: str) -> Client:
    return HostClient(f"{balancer.root}/bigbluebutton/api", secret, f"{label}.127.0.0.1:{balancer.port}")


def on_common(balancer: Balancer, secret: str) -> Client:
    return Client(f"{balancer.root}/bigbluebutton/api", secret)


@dataclass
class Tenant:
    """One account."""

    slug: str
    number: int
    secret: str
    balancer: Balancer
    receiver: Receiver | None = None
    # Its own meetingID, which no other account has.
    own: str = ""
    # What nobody else may see, by what it is.
    marks: dict[str, str] = field(default_factory=dict)
    internal: dict[str, str] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)

    @property
    def client(self) -> Client:
        """At the address that `account create` prints."""
        return by_path(self.balancer, self.slug, self.secret)

    @property
    def routes(self) -> dict[str, Client]:
        return {
            "common": on_common(self.balancer, self.secret),
            "path": self.client,
            "host": by_host(self.balancer, self.slug, self.secret),
        }

    def on_server(self, meeting_id: str) -> str:
        """The id by which servers know a meeting of it."""
        return meeting_id if self.number == 1 else f"a{self.number}~{meeting_id}"

    def word(self, what: str) -> str:
        """A text that only this account has ever said."""
        return self.marks.setdefault(what, fresh(f"{what}-{self.slug}"))

    def secrets_of_life(self) -> dict[str, str]:
        """All that is its own, and that no answer to another account may have in it."""
        told = dict(self.marks) | {"secret": self.secret, "own meetingID": self.own}
        told |= {f"internal id {number}": text for number, text in enumerate(self.internal.values())}
        told |= {f"recordID {number}": text for number, text in enumerate(self.recordings.values())}
        told |= {f"hookID {number}": text for number, text in enumerate(self.hooks)}
        if self.receiver:
            told["receiver"] = self.receiver.root.removeprefix("http://")
        return {what: text for what, text in told.items() if text}


def make(balancer: Balancer, slug: str, receiver: Receiver | None = None, *allowed: str) -> Tenant:
    """Makes an account by the command line, and waits until a running `serve` knows it."""
    made = balancer.json("account", "create", slug)
    tenant = Tenant(slug, made["account"]["id"], made["secret"], balancer, receiver)
    assert made["apiURL"] == tenant.client.api == made["account"]["apiURL"]
    if allowed:
        balancer.command("account", "allow", slug, *allowed)
    if balancer.process:
        eventually(lambda: tenant.client.call("getMeetings").is_success, NOTICE, f"serve knows the account {slug}")
    return tenant


def the_default(balancer: Balancer, receiver: Receiver | None = None) -> Tenant:
    return Tenant("default", 1, SECRET, balancer, receiver)


def set_limits(fleet: Fleet, slug: str, **limits: int | str) -> dict:
    """Limits of an account: `max_meetings=10`, or "none"; a running `serve` knows of it some moments later."""
    options = [text for name, value in limits.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    return fleet.balancer.json("account", "limits", slug, *options)


# ---------------------------------------------------------------------------------------------------- what is told


def readable(text: str) -> str:
    """A text, and all that is packed into it: encoded once or twice, or in base 64 as cookies and tokens are."""
    seen = [text, unquote(text), unquote(unquote(text)), text.replace("+", " ")]
    for packed in re.findall(r"[A-Za-z0-9_-]{16,}", text):
        with contextlib.suppress(binascii.Error, UnicodeDecodeError, ValueError):
            seen.append(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode())
    return "\n".join(seen)


def told_by(answer: Answer, without_location: bool = False) -> str:
    """Everything that an answer says."""
    headers = "\n".join(
        f"{name}: {value}"
        for name, value in answer.headers.items()
        if not (without_location and name.lower() == "location")
    )
    return readable(f"{headers}\n{answer.body.decode()}")


def told_to(request: Received) -> str:
    """Everything that a callback says."""
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    return readable(f"{request.method} {request.target}\n{headers}\n{request.body.decode()}")


def leaks(text: str, others: Iterable[Tenant]) -> list[str]:
    """What of others stands in a text."""
    low = text.lower()
    return [
        f"{what} of {other.slug}: {mark}"
        for other in others
        for what, mark in other.secrets_of_life().items()
        if mark.lower() in low
    ]


def scoped(text: str) -> list[str]:
    """Ids in a text that only servers should know."""
    return [text[max(0, hit.start() - 60) : hit.end() + 60] for hit in SCOPED.finditer(text)]


def check(answer: Answer, others: Iterable[Tenant], what: object, may_be_on_server: Tenant | None = None) -> Answer:
    """Asserts that an answer says nothing of others. The address to which a join leads is for its server, and has the
    id that it knows: the caller's own, and no other."""
    assert answer.status in (200, 302), (what, answer)
    everything = told_by(answer)
    found = leaks(everything, others)
    assert not found, (what, found, answer)
    if may_be_on_server and answer.status == 302:
        for found in SCOPED.findall(everything):
            assert unquote(found).lower() == f"a{may_be_on_server.number}~", (what, found, answer)
        everything = told_by(answer, without_location=True)
    found = scoped(everything)
    assert not found, (what, found)
    return answer


def comparable(answer: Answer, given: str) -> tuple:
    """An answer without the id that was asked for, and without the time."""
    spellings = {given, quote(given, safe=""), quote_plus(given), given.replace("~", "%7E"), given.replace(",", "%2C")}

    def neutral(text: str) -> str:
        for spelling in sorted(spellings, key=len, reverse=True):
            text = text.replace(spelling, "{ID}")
        return text

    headers = {name.lower(): neutral(value) for name, value in answer.headers.items() if name.lower() != "date"}
    return answer.status, headers, neutral(answer.body.decode())


def set_config_xml(client: Client, meeting_id: str, xml: str = "<config/>") -> Answer:
    """Signed in its own way: over all parameters sorted by name, encoded as Java does."""

    def java(text: str) -> str:
        return quote_plus(text, safe="*").replace("~", "%7E")

    given = {"configXML": quote_plus(xml), "meetingID": meeting_id}
    query = "&".join(f"{name}={java(value)}" for name, value in sorted(given.items()))
    checksum = hashlib.sha1(f"setConfigXML{query}{client.secret}".encode()).hexdigest()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.fetch(
        f"{client.api}/setConfigXML", method="POST", data=f"{query}&checksum={checksum}", headers=headers
    )


def errors_in(answer: Answer) -> list[dict]:
    """What a join that is refused says, in the address to which it leads."""
    assert answer.status == 302, answer
    return json.loads(parse_qs(urlsplit(answer.location).query)["errors"][0])
