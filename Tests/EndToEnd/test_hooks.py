"""Web hooks: registered once with the balancer, told of what happens on any server, signed for the caller."""

from __future__ import annotations

import hashlib
import json
import re
from urllib.parse import urlsplit

from harness import SECRET, Fleet, eventually, fresh
from receiver import Received

TELLS = {
    "PLENARY_CALLBACKS_ALLOW_PRIVATE": "true",
    "PLENARY_CALLBACKS_FIRST_RETRY": "50ms",
    "PLENARY_CALLBACKS_LONGEST_RETRY": "200ms",
    "PLENARY_POLL_INTERVAL": "500ms",
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def create(fleet: Fleet, url: str, **parameters: str) -> str:
    """Registers a hook: its id."""
    answer = fleet.client.call("hooks/create", callbackURL=url, **parameters).succeeded()
    assert answer.key is None and answer.text("permanentHook") == "false"
    assert answer.text("rawData") == parameters.get("getRaw", "false")
    assert UUID.fullmatch(answer.text("hookID"))
    return answer.text("hookID")


def listed(fleet: Fleet, **parameters: str) -> list[dict[str, str]]:
    hooks = fleet.client.call("hooks/list", **parameters).succeeded().xml.findall("hooks/hook")
    return [{child.tag: child.text for child in hook} for hook in hooks]


def ours(fleet: Fleet, hooks: list[str]) -> list[str]:
    """Of the addresses that a server calls, those of the balancer; it must be all of them."""
    assert all(url.startswith(f"{fleet.balancer.root}/callbacks/hook/") for url in hooks), hooks
    return hooks


def is_registered(fleet: Fleet, count: int = 1) -> bool:
    return all(len(ours(fleet, server.hooks())) == count for server in fleet.servers)


def events(requests: list[Received], url: str, secret: str = SECRET) -> list[tuple[str, str]]:
    """Event and meetingID of what arrived, each in the form and with the signature of BigBlueButton."""
    told = []
    for request in requests:
        assert request.method == "POST"
        assert request.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        # domain, event, timestamp, in this order.
        assert list(request.form) == ["domain", "event", "timestamp"]
        assert request.form["domain"].split(":")[0] == "127.0.0.1" and int(request.form["timestamp"]) > 0
        digest = hashlib.sha1(url.encode() + request.body + secret.encode()).hexdigest()
        target = url.removeprefix(f"http://{urlsplit(url).netloc}")
        assert request.target == f"{target}{'&' if '?' in url else '?'}checksum={digest}"
        (event,) = json.loads(request.form["event"])
        told.append((event["data"]["id"], event["data"]["attributes"]["meeting"]["external-meeting-id"]))
    return told


# ---------------------------------------------------------------------------------------------------- events


def test_events_of_all_servers_arrive_with_the_callers_signature(start_fleet, receiver):
    fleet = start_fleet(3, **TELLS)
    everything, one_meeting, one_event = (receiver.url(target) for target in ("/all?a=1&b=%20x", "/one", "/joins"))
    scoped = fresh("scoped")
    create(fleet, everything)
    create(fleet, one_meeting, meetingID=scoped)
    create(fleet, one_event, eventID="User-Joined,nonsense")
    # One of ours is enough for all of the callers'.
    assert is_registered(fleet)
    fleet.client.create(scoped).succeeded()
    meetings = fleet.spread(1)
    ids = {scoped, *(meeting_id for on_server in meetings.values() for meeting_id in on_server)}
    for meeting_id in ids:
        server = fleet.holder(meeting_id)
        server.join(meeting_id, "Ada ü & Co", "MODERATOR")
        server.leave(meeting_id)
        server.end_meeting(meeting_id)
    life = ("meeting-created", "user-joined", "user-left", "meeting-ended")
    expected = {(event, meeting_id) for event in life for meeting_id in ids}
    told = events(receiver.wait_for("/all", len(expected)), everything)
    assert sorted(told) == sorted(expected), "each once"
    told = events(receiver.wait_for("/one", len(life)), one_meeting)
    assert sorted(told) == sorted((event, scoped) for event in life)
    told = events(receiver.wait_for("/joins", len(ids)), one_event)
    assert sorted(told) == sorted(("user-joined", meeting_id) for meeting_id in ids)
    bodies = [request.form["event"] for request in receiver.taken("/joins")]
    assert all(json.loads(body)[0]["data"]["attributes"]["user"]["name"] == "Ada ü & Co" for body in bodies)
    receiver.stays_quiet(2)


def test_raw_hooks_get_raw_messages_only(start_fleet, receiver):
    fleet = start_fleet(1, **TELLS)
    create(fleet, receiver.url("/raw"), getRaw="true")
    assert is_registered(fleet)
    create(fleet, receiver.url("/mapped"))
    assert is_registered(fleet, 2)
    meeting_id = fresh("raw")
    fleet.client.create(meeting_id).succeeded()
    (mapped,) = receiver.wait_for("/mapped")
    assert events([mapped], receiver.url("/mapped")) == [("meeting-created", meeting_id)]
    (raw,) = receiver.wait_for("/raw")
    (message,) = json.loads(raw.form["event"])
    assert message["envelope"]["name"] == "MeetingCreatedEvtMsg"
    assert message["core"]["body"]["props"]["meetingProp"]["extId"] == meeting_id
    receiver.stays_quiet(1)


def test_events_show_callers_their_own_addresses(start_fleet, receiver):
    """As getMeetingInfo does: what servers are given instead is nobody else's business."""
    fleet = start_fleet(1, **TELLS)
    url, meeting_id = receiver.url("/all"), fresh("own")
    create(fleet, url)
    given = {"endcallbackurl": receiver.url("/end"), "bbb-recording-ready-url": receiver.url("/ready"), "course": "7"}
    metadata = {f"meta_{name}": value for name, value in given.items()}
    fleet.client.create(meeting_id, record="true", **metadata).succeeded()
    server = fleet.holder(meeting_id)
    record_id = server.meetings()[meeting_id]["internalMeetingID"]
    server.end_meeting(meeting_id)
    server.publish(record_id)
    told = {}
    for request in receiver.wait_for("/all", 3):
        (event,) = json.loads(request.form["event"])
        told[event["data"]["id"]] = event["data"]["attributes"]
    assert {"meeting-created", "meeting-ended", "rap-publish-ended"} == set(told)
    assert told["meeting-created"]["meeting"]["metadata"] == given
    recorded = told["rap-publish-ended"]["recording"]["metadata"]
    assert {name: recorded[name] for name in given} == given


def test_a_meeting_that_moves_has_not_ended(start_fleet, receiver):
    """Its first life ends behind the creation of the second one: that would be the last word."""
    fleet = start_fleet(2, **TELLS)
    url, meeting_id = receiver.url("/all"), fresh("moved")
    create(fleet, url)
    fleet.client.create(meeting_id, preferredServer="a").succeeded()
    receiver.wait_for("/all")
    fleet.client.call("move", meetingID=meeting_id).succeeded()
    receiver.wait_for("/all", 2)
    fleet.polled()
    receiver.stays_quiet(1.5)
    fleet.client.end(meeting_id).succeeded()
    told = events(receiver.wait_for("/all", 3), url)
    assert told == [(event, meeting_id) for event in ("meeting-created", "meeting-created", "meeting-ended")]


def test_an_event_that_is_refused_does_not_hold_up_the_next_one(start_fleet, receiver):
    fleet = start_fleet(1, **TELLS)
    url, meeting_id = receiver.url("/all"), fresh("refused")
    create(fleet, url)
    receiver.fail("/all", 8, status=400)
    fleet.client.create(meeting_id).succeeded()
    receiver.wait_for_tries("/all", 1)
    fleet.holder(meeting_id).join(meeting_id, "Ada")
    assert events(receiver.wait_for("/all"), url) == [("user-joined", meeting_id)]
    # In their order: the second one waited until the first one was given up.
    assert [event for event, _ in events(receiver.arrived("/all"), url)] == ["meeting-created"] * 8 + ["user-joined"]
    (parked,) = fleet.balancer.json("callback", "list", "--state", "parked")
    assert parked["lastResult"] == "HTTP 400"
    fleet.balancer.command("callback", "retry", str(parked["id"]))
    assert events(receiver.wait_for("/all", 2), url)[1] == ("meeting-created", meeting_id)


def test_an_event_that_waits_does_not_hold_up_those_of_other_meetings(start_fleet, receiver):
    fleet = start_fleet(1, **TELLS)
    url = receiver.url("/all")
    create(fleet, url)
    waits, goes_on = fresh("waits"), fresh("goes-on")
    receiver.fail("/all", 10_000, status=503)
    fleet.client.create(waits).succeeded()
    receiver.wait_for_tries("/all", 2)
    fleet.client.create(goes_on).succeeded()
    eventually(
        lambda: {told for _, told in events(receiver.arrived("/all"), url)} == {waits, goes_on}, 10, "both are tried"
    )


def test_forged_events_are_refused(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    create(fleet, receiver.url("/all"))
    first, second = fleet.servers
    (url,) = first.hooks()
    body = "domain=x&event=%5B%7B%22data%22%3A%7B%22id%22%3A%22meeting-ended%22%7D%7D%5D&timestamp=1"

    def send(address: str, secret: str, sent: str = body, signed: str | None = None) -> int:
        digest = hashlib.sha1(f"{signed or address}{body}{secret}".encode()).hexdigest()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return fleet.client.fetch(f"{address}?checksum={digest}", method="POST", data=sent, headers=headers).status

    base, number, key = url.rsplit("/", 2)
    other = second.hooks()[0].rsplit("/", 1)[1]
    for wrong in (f"{number}/{'0' * len(key)}", f"{number}/{other}", f"99/{key}", f"x/{key}"):
        assert send(f"{base}/{wrong}", first.secret) == 404, wrong
    # To a server's web hooks 401 would be as good as taken.
    for secret in (second.secret, SECRET, ""):
        assert send(url, secret) == 403
    assert send(url, first.secret, sent=body + "0") == 403
    assert send(url, first.secret, signed=second.hooks()[0]) == 403
    assert receiver.arrived() == []
    # What its server did sign goes through.
    assert send(url, first.secret) == 200
    receiver.wait_for("/all")


# ---------------------------------------------------------------------------------------------------- registry


def test_hooks_are_listed_once_and_destroyed(start_fleet, receiver):
    fleet = start_fleet(3, **TELLS)
    assert fleet.client.call("hooks/list").succeeded().xml.find("hooks") is not None and listed(fleet) == []
    first_url, second_url = receiver.url("/first?a=1&b=<x>"), receiver.url("/second")
    first = create(fleet, first_url)
    again = fleet.client.call("hooks/create", callbackURL=first_url, meetingID="another").succeeded()
    assert (again.text("hookID"), again.key) == (first, "duplicateWarning")
    assert again.text("message") == "There is already a hook for this callback URL."
    second = create(fleet, second_url, meetingID="room <1>", eventID="user-joined,user-left")
    assert second != first and is_registered(fleet)
    described = {"permanentHook": "false", "rawData": "false"}
    for_all = described | {"hookID": first, "callbackURL": first_url}
    for_one = described | {
        "hookID": second, "callbackURL": second_url, "meetingID": "room <1>", "eventID": "user-joined,user-left",
    }  # fmt: skip
    assert listed(fleet) == [for_all, for_one] == listed(fleet, meetingID="room <1>")
    assert listed(fleet, meetingID="another") == [for_all]

    fleet.balancer.restart()
    assert listed(fleet) == [for_all, for_one] and is_registered(fleet)

    assert fleet.client.call("hooks/destroy", hookID=first).succeeded().text("removed") == "true"
    assert listed(fleet) == [for_one] and is_registered(fleet), "the other hook still needs ours"
    fleet.client.create("room <1>").succeeded()
    fleet.holder("room <1>").join("room <1>", "Ada")
    assert events(receiver.wait_for("/second"), second_url) == [("user-joined", "room <1>")]
    fleet.client.call("hooks/destroy", hookID=first).failed("destroyMissingHook")
    fleet.client.call("hooks/destroy", hookID=second).succeeded()
    eventually(lambda: is_registered(fleet, 0), 5, "no server has a hook of ours any more")
    fleet.holder("room <1>").join("room <1>", "Grace")
    receiver.stays_quiet(1.5)
    assert receiver.arrived("/first") == [] and listed(fleet) == []


def test_a_destroyed_hook_is_told_nothing_more(start_fleet, receiver):
    """Its receiver may be gone: what waits for it would be tried for days."""
    fleet = start_fleet(1, **TELLS)
    receiver.fail("/all", 10_000)
    hook = create(fleet, receiver.url("/all"))
    fleet.client.create(fresh("destroyed")).succeeded()
    receiver.wait_for_tries("/all", 2)
    fleet.client.call("hooks/destroy", hookID=hook).succeeded()
    # One try may be under way in this moment.
    eventually(lambda: receiver.stays_quiet(1.5) is None, 4, "nothing arrives any more")


def test_a_server_that_comes_later_or_forgot_is_registered(start_fleet, start_simulator, receiver):
    fleet = start_fleet(2, **TELLS)
    url = receiver.url("/all")
    hook = create(fleet, url)
    added = start_simulator("added")
    fleet.servers.append(added)
    fleet.balancer.add(added)
    eventually(lambda: is_registered(fleet), 3, "the added server has our hook")
    fleet.client.create(meeting_id := fresh("added"), preferredServer="added").succeeded()
    assert added.has(meeting_id)
    assert events(receiver.wait_for("/all"), url) == [("meeting-created", meeting_id)]

    # What a server kept of its hooks can be lost in a restart; it is looked after every quarter of a minute.
    lost = fleet.servers[0]
    lost.kill()
    lost.start()
    assert lost.hooks() == []
    eventually(lambda: is_registered(fleet), 30, "the server that forgot has our hook again")
    fleet.client.create(meeting_id := fresh("again"), preferredServer="a").succeeded()
    assert lost.has(meeting_id)
    assert events(receiver.wait_for("/all", 2), url)[1] == ("meeting-created", meeting_id)
    assert [one["hookID"] for one in listed(fleet)] == [hook]


def test_a_server_that_is_removed_is_rid_of_our_hook(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    create(fleet, receiver.url("/all"))
    stays, leaves = fleet.servers
    assert len(leaves.hooks()) == 1
    fleet.balancer.command("server", "remove", leaves.name)
    eventually(lambda: leaves.hooks() == [], 10, "our hook at the removed server is gone")
    assert len(stays.hooks()) == 1


# ---------------------------------------------------------------------------------------------------- answers


def test_wrong_calls_are_told(new_balancer):
    client = new_balancer().serve().client
    for call, parameters, key in (
        ("hooks/create", {}, "missingParamCallbackURL"),
        ("hooks/create", {"callbackURL": ""}, "missingParamCallbackURL"),
        ("hooks/create", {"callbackURL": "lms.example/hook"}, "createHookError"),
        ("hooks/create", {"callbackURL": "http://127.0.0.1:9009/hook"}, "createHookError"),
        ("hooks/destroy", {}, "missingParamHookID"),
        ("hooks/destroy", {"hookID": ""}, "missingParamHookID"),
        ("hooks/destroy", {"hookID": "4711"}, "destroyMissingHook"),
        ("hooks/nonsense", {}, "unsupportedRequest"),
    ):
        client.call(call, **parameters).failed(key)


def test_calls_are_signed_but_for_ping(start_fleet, receiver):
    fleet = start_fleet(1, **TELLS)
    url = receiver.url("/all")
    ping = fleet.client.fetch(f"{fleet.client.api}/hooks/ping")
    assert (ping.status, ping.body) == (200, b"bbb-webhooks API up!")
    assert ping.headers["Content-Type"].startswith("text/plain")
    for call in ("hooks/create", "hooks/list", "hooks/destroy"):
        fleet.client.fetch(f"{fleet.client.api}/{call}?callbackURL={url}&hookID=1&checksum=00").failed("checksumError")
    fleet.client.post("hooks/create", {"callbackURL": url}).failed("unsupportedRequest")
    assert listed(fleet) == [] and is_registered(fleet, 0)
