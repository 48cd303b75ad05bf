"""What the stories stand on. A story is a script that makes every call of one third-party client, in a Python that has
nothing but the client and what it needs; it prints as JSON what came back. Here is the standard library only."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import enum
import http.cookiejar
import inspect
import io
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

ORDERED_BY = ("recordID", "record_id", "get_recordid", "meetingID", "meeting_id", "get_meetingid", "name")


def plain(value):
    """Anything that a client returns, as JSON has it."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.timedelta)):
        return f"<{type(value).__name__}>"
    if isinstance(value, ElementTree.Element):
        return {value.tag: in_order([plain(child) for child in value]) if len(value) else value.text}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or inspect.isgenerator(value):
        return in_order([plain(entry) for entry in value])
    if dataclasses.is_dataclass(value) or hasattr(value, "__dict__"):
        return {"class": type(value).__name__, **{name: plain(entry) for name, entry in vars(value).items()}}
    return f"a {type(value).__name__}"


def in_order(entries: list) -> list:
    """Servers list meetings and recordings in no order: by their id then."""

    def identity(entry) -> str:
        if not isinstance(entry, dict):
            return ""
        inside = next(iter(entry.values())) if len(entry) == 1 else None
        if isinstance(inside, list) and all(isinstance(child, dict) for child in inside):
            entry = {name: text for child in inside for name, text in child.items()}
        elif isinstance(inside, dict):
            entry = inside
        return next((entry[name] for name in ORDERED_BY if isinstance(entry.get(name), str)), "")

    return sorted(entries, key=identity) if all(identity(entry) for entry in entries) else entries


def blocks(out: str) -> list[str]:
    """What a command printed, one entry for each line that is not indented and what is under it, in order."""
    found: list[str] = []
    for line in out.splitlines():
        if found and line[:1].isspace():
            found[-1] += "\n" + line
        else:
            found.append(line)
    return sorted(found)


def public(of: type | object) -> set[str]:
    """The calls of a client: its public methods."""
    return {name for name, _ in inspect.getmembers(of, callable) if not name.startswith("_")}


class Stage:
    """Where a story is told. What is told is printed at the end."""

    def __init__(self):
        given = json.loads(sys.argv[1])
        self.root: str = given["root"]
        self.api: str = f"{self.root}/bigbluebutton/api"
        self.secret: str = given["secret"]
        # Recordings that were made before: ready, the first and the second with one format, the third with two.
        self.recordings: list[str] = given["recordings"]
        self._simulators: list[str] = given["simulators"]
        self._told: list[dict] = []
        self._loop = asyncio.new_event_loop()
        # How a value is made readable before it is told.
        self.read: Callable = lambda value: value

    # ------------------------------------------------------------------------------------------------ telling

    def tell(self, call: Callable, *given, **named):
        """Makes a call, tells what came back or was raised, and returns what came back."""
        return self.tell_as(call.__name__, call, *given, **named)

    def tell_as(self, name: str, call: Callable, *given, **named):
        entry: dict = {"call": name, "with": plain([*given, named])}
        value = None
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                value = self._made(call, *given, **named)
                entry["returned"] = plain(self.read(value))
            except Exception as error:
                key = getattr(error, "key", None) or getattr(error, "message_key", None)
                entry["raised"] = [type(error).__name__, plain(key), str(error)]
        if printed.getvalue():
            entry["printed"] = printed.getvalue().splitlines()
        self._told.append(entry)
        return value

    def tell_refused(self, call: Callable, *given, **named) -> None:
        """A call that must fail, in whatever words: a server says with a page (404) that it has no such call, the
        balancer with XML as every API error (`unsupportedRequest`)."""
        entry: dict = {"call": call.__name__, "with": plain([*given, named]), "refused": True}
        with contextlib.suppress(Exception):
            value = self._made(call, *given, **named)
            entry["refused"] = not value or "FAILED" in str(plain(self.read(value)))
        self._told.append(entry)

    def _made(self, call: Callable, *given, **named):
        value = call(*given, **named)
        return self._loop.run_until_complete(value) if inspect.iscoroutine(value) else value

    def tell_page(self, name: str, url: str) -> None:
        """Opens an address as a browser does, with its cookies, and tells where that led."""
        self.tell_as(name, self.open_page, url)

    def open_page(self, url: str) -> dict:
        browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self._must_be_loopback(url)
        try:
            answer = browser.open(url, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        self._must_be_loopback(answer.url)
        led = urlsplit(answer.url)
        kind = answer.headers.get_content_type()
        text = answer.read().decode()
        said = {"status": answer.status, "kind": kind}
        if kind.endswith("/xml"):
            return said | {"text": plain(ElementTree.fromstring(text))}
        # A join that fails leads to a page that each has of its own, with what is wrong in a parameter.
        errors = parse_qs(led.query).get("errors")
        if errors:
            return said | {"errors": json.loads(errors[0])}
        return said | {"path": led.path, "parameters": sorted(parse_qs(led.query))}

    def tell_command(self, name: str, main: Callable, *arguments: str, read: Callable = lambda out: out) -> str:
        """Runs a command of a command-line client, tells its exit code and what it printed, and returns that."""
        sys.argv = [name.split()[0], *arguments]
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = ended.code
            except Exception as error:
                code = f"{type(error).__name__}: {error}"
        self._told.append({
            "call": name, "with": list(arguments), "code": code, "out": read(out.getvalue()), "err": err.getvalue(),
        })  # fmt: skip
        return out.getvalue()

    def end(self, every: Iterable[str]) -> None:
        """The end of the story: every call of the client must have been made in it."""
        left_out = set(every) - {entry["call"] for entry in self._told}
        if left_out:
            sys.exit(f"calls of the client that the story leaves out: {sorted(left_out)}")
        json.dump(self._told, sys.stdout)

    # ------------------------------------------------------------------------------------------------ the servers

    def configure(self, **settings: str) -> None:
        """Sets up all simulated servers anew: `configXML="true"` makes them old ones."""
        for simulator in self._simulators:
            self._must_be_loopback(simulator)
            request = urllib.request.Request(f"{simulator}/simulator/config?{urlencode(settings)}", method="POST")
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10):
                pass

    @staticmethod
    def _must_be_loopback(url: str) -> None:
        if urlsplit(url).hostname != "127.0.0.1":
            raise AssertionError(f"a story sends nothing to {url}: loopback only")
