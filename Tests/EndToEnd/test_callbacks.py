"""What callers are told: ends of meetings, recordings and analytics, once each, signed with their own secret."""

from __future__ import annotations

import json
import time
from urllib.parse import quote_plus
from xml.etree import ElementTree

from harness import SECRET, Fleet, eventually, free_port, fresh
from receiver import Receiver, opened, token

TELLS = {
    "PLENARY_CALLBACKS_ALLOW_PRIVATE": "true",
    "PLENARY_CALLBACKS_FIRST_RETRY": "50ms",
    "PLENARY_CALLBACKS_LONGEST_RETRY": "200ms",
    "PLENARY_POLL_INTERVAL": "500ms",
}
# After something was acknowledged nothing comes again; this long is looked.
QUIET = 2.0
ALIASES = ("bbb", "bn", "canvas")


def callbacks_of(receiver: Receiver, alias: str = "bbb", **more: str) -> dict[str, str]:
    """What a caller gives to a create to be told everything."""
    return {
        "record": "true",
        "meetingKeepEvents": "true",
        "meetingEndedURL": receiver.url("/ended"),
        "meta_endCallbackUrl": receiver.url("/end"),
        f"meta_{alias}-recording-ready-url": receiver.url("/recording"),
        "meta_analytics-callback-url": receiver.url("/analytics"),
    } | more


def addresses(fleet: Fleet, meeting_id: str) -> dict[str, str]:
    """Our addresses, as the server of a meeting was given them."""
    ours = {
        name: value
        for name, value in fleet.holder(meeting_id).parameters(meeting_id).items()
        if value.startswith(fleet.balancer.root)
    }
    return {url.removeprefix(fleet.balancer.root).split("/")[2]: url for url in ours.values()}


def listed(fleet: Fleet, *arguments: str) -> dict[str, dict]:
    """Callbacks by kind; no two may be of one."""
    found = fleet.balancer.json("callback", "list", *arguments)
    by_kind = {callback["kind"]: callback for callback in found}
    assert len(by_kind) == len(found), found
    return by_kind


def recording_of(fleet: Fleet, meeting_id: str) -> str:
    """Creates nothing: ends a meeting, and says the id of what it leaves."""
    server = fleet.holder(meeting_id)
    record_id = server.meetings()[meeting_id]["internalMeetingID"]
    server.end_meeting(meeting_id)
    assert server.recordings()[record_id] == "processing"
    return record_id


# ---------------------------------------------------------------------------------------------------- each kind


def test_the_end_of_a_meeting_is_told_once(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    made = []
    for query in ("", "?course=7&next=a%26b"):
        for is_marked in (True, False):
            number, meeting_id = len(made), fresh("end") + " ü & <co>"
            end, ended = f"/end{number}{query}", f"/ended{number}{query}"
            fleet.client.create(
                meeting_id, record="true", meta_endCallbackUrl=receiver.url(end), meetingEndedURL=receiver.url(ended)
            ).succeeded()
            if is_marked:
                fleet.holder(meeting_id).mark(meeting_id)
            marks = f"recordingmarks={str(is_marked).lower()}&meetingID={quote_plus(meeting_id, safe='-._*')}"
            # BigBlueButton uses the other one as it is (bbb-api.md 10.1).
            made.append((meeting_id, f"{end}{'&' if query else '?'}{marks}", ended))
    for meeting_id, _, _ in made:
        fleet.client.end(meeting_id).succeeded()
    for number, (_, *targets) in enumerate(made):
        for path, target in zip((f"/end{number}", f"/ended{number}"), targets, strict=True):
            (told,) = receiver.wait_for(path)
            assert (told.method, told.target, told.body) == ("GET", target, b"")
    receiver.stays_quiet(QUIET)
    assert {callback["state"] for callback in fleet.balancer.json("callback", "list")} == {"delivered"}


def test_the_end_is_told_of_a_meeting_that_was_lost(start_fleet, receiver):
    """A server that restarts tells nothing; its meetings are over all the same."""
    fleet = start_fleet(1, **TELLS)
    meeting_id = fresh("lost")
    # Not recorded: so nobody has to wait for the server to tell whether somebody pressed record.
    fleet.client.create(meeting_id, **(callbacks_of(receiver) | {"record": "false"})).succeeded()
    fleet.servers[0].reboot()
    assert receiver.wait_for("/ended")[0].target == "/ended"
    (end,) = receiver.wait_for("/end")
    assert dict(end.query) == {"recordingmarks": "false", "meetingID": meeting_id}
    receiver.stays_quiet(QUIET)


def test_a_recording_is_told_with_the_callers_signature(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    made = {}
    for alias in ALIASES:
        meeting_id = fresh(f"recorded-{alias}")
        more = {f"meta_{alias}-recording-ready-url": receiver.url(f"/{alias}?format=x")}
        fleet.client.create(meeting_id, **callbacks_of(receiver, alias, **more)).succeeded()
        server = fleet.holder(meeting_id)
        record_id = recording_of(fleet, meeting_id)
        server.publish(record_id)
        made[alias] = (meeting_id, record_id, server)
    for alias, (meeting_id, record_id, server) in made.items():
        (told,) = receiver.wait_for(f"/{alias}")
        assert (told.method, told.target) == ("POST", f"/{alias}?format=x")
        assert told.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        assert set(told.form) == {"signed_parameters"}
        signed = told.form["signed_parameters"]
        assert opened(signed, SECRET, "HS256") == {"meeting_id": meeting_id, "record_id": record_id}
        assert opened(signed, server.secret, "HS256") is None
        # What is told can be found at once.
        found = fleet.client.call("getRecordings", recordID=record_id).succeeded().xml
        assert [entry.findtext("recordID") for entry in found.findall("recordings/recording")] == [record_id]
    # Another format is news, and told again.
    meeting_id, record_id, server = made["bn"]
    server.publish(record_id, "presentation,video")
    again = receiver.wait_for("/bn", 2)[1]
    assert opened(again.form["signed_parameters"], SECRET, "HS256")["record_id"] == record_id
    assert len(receiver.wait_for("/bbb")) == len(receiver.wait_for("/canvas")) == 1


def test_a_server_that_was_removed_and_added_again_is_heard(start_fleet, receiver):
    """As operators do for a changed secret: it has another number then, and still the recordings of before."""
    fleet = start_fleet(1, **TELLS)
    meeting_id = fresh("added-again")
    fleet.client.create(meeting_id, **callbacks_of(receiver)).succeeded()
    server = fleet.holder(meeting_id)
    record_id = recording_of(fleet, meeting_id)
    receiver.wait_for("/ended")
    fleet.balancer.command("server", "remove", server.name, "--force")
    server.publish(record_id)
    receiver.wait_for("/recording")
    fleet.balancer.add(server)
    server.publish(record_id, "presentation,video")
    for told in receiver.wait_for("/recording", 2):
        said = opened(told.form["signed_parameters"], SECRET, "HS256")
        assert said == {"meeting_id": meeting_id, "record_id": record_id}


def test_analytics_are_passed_on_octet_by_octet(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    meeting_id, by_hand = fresh("analytics"), fresh("by-hand")
    fleet.client.create(meeting_id, **callbacks_of(receiver)).succeeded()
    server = fleet.holder(meeting_id)
    server.join(meeting_id, "Ada Löve", "MODERATOR")
    server.end_meeting(meeting_id)

    def check_signature(told) -> None:
        scheme, _, bearer = told.headers["Authorization"].partition(" ")
        claims = opened(bearer, SECRET, "HS512")
        assert scheme == "Bearer" and claims and claims["exp"] > time.time()
        assert opened(bearer, server.secret, "HS512") is None
        assert (told.method, told.headers["Content-Type"]) == ("POST", "application/json")

    (told,) = receiver.wait_for("/analytics")
    check_signature(told)
    body = json.loads(told.body)
    assert body["meeting_id"] == meeting_id
    assert [person["name"] for person in body["data"]["attendees"]] == ["Ada Löve"]

    # A document that no JSON library would write like this.
    fleet.client.create(by_hand, **callbacks_of(receiver)).succeeded()
    holder = fleet.holder(by_hand)
    document = f' {{"data" : {{"a":1.50e0,\t"a\\u0062":"\\u00fc ü \\/ 1"}},\r\n"meeting_id":"{by_hand}" }}\n\n'.encode()
    bearer = token({"exp": int(time.time()) + 60}, holder.secret, "HS512")
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    url = addresses(fleet, by_hand)["analytics"]
    assert fleet.client.fetch(url, method="POST", data=document, headers=headers).status == 200
    told = receiver.wait_for("/analytics", 2)[1]
    check_signature(told)
    assert told.body == document


# ---------------------------------------------------------------------------------------------------- failures


def test_a_receiver_that_fails_gets_each_event_once_in_the_end(start_fleet, receiver):
    """Twenty failures, and a `kill -9` of the balancer among them."""
    fleet = start_fleet(2, **TELLS)
    paths = ("/end", "/ended", "/recording", "/analytics", "/hook")
    for path in paths:
        receiver.fail(path, 20)
    fleet.client.call("hooks/create", callbackURL=receiver.url("/hook"), eventID="meeting-ended").succeeded()
    meeting_id = fresh("twenty")
    fleet.client.create(meeting_id, **callbacks_of(receiver)).succeeded()
    server = fleet.holder(meeting_id)
    server.mark(meeting_id)
    record_id = recording_of(fleet, meeting_id)
    server.publish(record_id)
    for path in paths:
        receiver.wait_for_tries(path, 5)
    assert receiver.taken() == [], "something was acknowledged before the crash: this tests nothing"
    fleet.balancer.process.kill()
    assert {callback["state"] for callback in listed(fleet).values()} == {"waiting"}
    fleet.balancer.serve()

    for path in paths:
        receiver.wait_for(path, within=40)
    eventually(lambda: {one["state"] for one in listed(fleet).values()} == {"delivered"}, 5, "all are acknowledged")
    polls = {server.name: server.calls("getMeetings") for server in fleet.servers}
    receiver.stays_quiet(QUIET + 1)
    assert all(server.calls("getMeetings") > polls[server.name] for server in fleet.servers)
    for path in paths:
        assert (len(receiver.arrived(path)), len(receiver.taken(path))) == (21, 1), path
        # Should a crash ever make one come twice, a receiver can tell by its number.
        assert len({request.headers["Plenary-Delivery"] for request in receiver.arrived(path)}) == 1, path
        # The same thing was said each time; tokens that expire are made anew.
        if path != "/analytics":
            assert len({(request.target, request.body) for request in receiver.arrived(path)}) == 1, path
    assert dict(receiver.taken("/end")[0].query)["recordingmarks"] == "true"
    told = opened(receiver.taken("/recording")[0].form["signed_parameters"], SECRET, "HS256")
    assert told == {"meeting_id": meeting_id, "record_id": record_id}
    assert len({request.headers["Plenary-Delivery"] for request in receiver.arrived()}) == len(paths)
    for kind, callback in listed(fleet).items():
        assert callback["attempts"] >= 20 and callback["lastResult"] == "HTTP 200", (kind, callback)


def test_a_caller_that_does_not_want_it_any_more_is_left_alone(start_fleet, receiver):
    fleet = start_fleet(1, **TELLS)
    receiver.fail("/recording", 1_000, status=410)
    meeting_id = fresh("gone")
    fleet.client.create(meeting_id, **callbacks_of(receiver)).succeeded()
    server = fleet.holder(meeting_id)
    server.publish(recording_of(fleet, meeting_id))
    receiver.wait_for_tries("/recording", 1)
    eventually(lambda: listed(fleet)["recording"]["state"] == "delivered", 5, "410 is an answer")
    receiver.wait_for("/end"), receiver.wait_for("/ended"), receiver.wait_for("/analytics")
    receiver.stays_quiet(QUIET)


# ---------------------------------------------------------------------------------------------------- who sees what


def test_servers_get_our_addresses_and_callers_see_their_own(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    meeting_id = fresh("seen")
    more = {"meta_BN-Recording-Ready-Url": receiver.url("/second?a=1&b=2"), "meta_course": receiver.url("/course")}
    given = callbacks_of(receiver, **more)
    fleet.client.create(meeting_id, **given).succeeded()
    server = fleet.holder(meeting_id)
    callers = {
        name.removeprefix("meta_").lower(): value
        for name, value in given.items()
        if name.startswith("meta_")
    }

    at_server = server.parameters(meeting_id)
    for name, value in given.items():
        if name in ("record", "meetingKeepEvents", "meta_course"):
            assert at_server[name] == value
        else:
            assert at_server[name].startswith(f"{fleet.balancer.root}/callbacks/"), (name, at_server[name])
    told = json.dumps(server.state()).replace(receiver.url("/course"), "")
    assert receiver.root not in told, "a server knows an address of the caller"

    def metadata(element: ElementTree.Element) -> dict[str, str]:
        return {child.tag: child.text or "" for child in element.find("metadata")}

    assert metadata(fleet.client.info(meeting_id).succeeded().xml) == callers
    (meeting,) = fleet.client.call("getMeetings").succeeded().xml.findall("meetings/meeting")
    assert metadata(meeting) == callers

    record_id = recording_of(fleet, meeting_id)
    server.publish(record_id)
    receiver.wait_for("/recording")
    for parameters in ({}, {"meetingID": meeting_id}, {"recordID": record_id}):
        answer = fleet.client.call("getRecordings", **parameters).succeeded()
        (recording,) = answer.xml.findall("recordings/recording")
        shown = metadata(recording)
        assert {name: shown.get(name) for name in callers} == callers
        assert "/callbacks/" not in answer.body.decode()


# ---------------------------------------------------------------------------------------------------- what is refused


def test_forged_callbacks_are_refused(start_fleet, receiver):
    fleet = start_fleet(2, **TELLS)
    meeting_id = fresh("forged")
    fleet.client.create(meeting_id, **callbacks_of(receiver)).succeeded()
    server = fleet.holder(meeting_id)
    other = next(one for one in fleet.servers if one is not server)
    record_id = server.meetings()[meeting_id]["internalMeetingID"]
    ours = addresses(fleet, meeting_id)
    assert set(ours) == {"end", "ended", "recording", "analytics"}

    def send(kind: str, url: str, secret: str) -> int:
        if kind in ("end", "ended"):
            return fleet.client.fetch(f"{url}?recordingmarks=true&meetingID={meeting_id}").status
        if kind == "recording":
            signed = token({"meeting_id": meeting_id, "record_id": record_id}, secret, "HS256")
            return fleet.client.fetch(url, method="POST", data={"signed_parameters": signed}).status
        bearer = {"Authorization": "Bearer " + token({"exp": int(time.time()) + 60}, secret, "HS512")}
        body = json.dumps({"meeting_id": meeting_id, "internal_meeting_id": record_id, "data": {}})
        return fleet.client.fetch(url, method="POST", data=body, headers=bearer).status

    for kind, url in ours.items():
        # Nobody can make one address of another: not by a key of another kind, not by another meeting's number.
        base, number, key = url.rsplit("/", 2)
        another = next(one for one in ours.values() if one != url).rsplit("/", 1)[1]
        for wrong in ("0" * len(key), key[:-1], key.upper() + "x", another):
            assert send(kind, f"{base}/{number}/{wrong}", server.secret) == 404, (kind, wrong)
        assert send(kind, f"{base}/{int(number) + 1}/{key}", server.secret) == 404
        assert send(kind, f"{base}/x/{key}", server.secret) == 404
    for kind in ("recording", "analytics"):
        for secret in (other.secret, SECRET, "guessed"):
            assert send(kind, ours[kind], secret) == 401, kind
    expired = {"Authorization": "Bearer " + token({"exp": int(time.time()) - 60}, server.secret, "HS512")}
    body = json.dumps({"meeting_id": meeting_id, "data": {}})
    assert fleet.client.fetch(ours["analytics"], method="POST", data=body, headers=expired).status == 401
    strange = token({"meeting_id": "somebody-elses", "record_id": record_id}, server.secret, "HS256")
    assert fleet.client.fetch(ours["recording"], method="POST", data={"signed_parameters": strange}).status == 400

    # Whoever knows the address may say that the meeting is over: it is looked at, and it is not.
    for kind in ("end", "ended"):
        assert send(kind, ours[kind], "") == 200
    fleet.polled()
    assert fleet.client.info(meeting_id).succeeded().text("meetingID") == meeting_id
    assert fleet.balancer.known()[meeting_id][0] == server.name
    assert listed(fleet) == {} and receiver.arrived() == []


# ---------------------------------------------------------------------------------------------------- commands


def test_private_addresses_are_not_called_and_parked_callbacks_can_be_tried_again(start_fleet, receiver):
    fleet = start_fleet(1, **TELLS | {"PLENARY_CALLBACKS_ALLOW_PRIVATE": "false"})
    balancer, meeting_id = fleet.balancer, fresh("parked")
    assert balancer.command("callback", "list").out == "No callbacks.\n" and balancer.json("callback", "list") == []
    fleet.client.create(
        meeting_id,
        meta_endCallbackUrl=receiver.url("/end?secret=s3cret"),
        meetingEndedURL=f"http://localhost:{receiver.root.rsplit(':', 1)[1]}/ended",
    ).succeeded()
    fleet.client.end(meeting_id).succeeded()
    both = lambda: set(listed(fleet, "--state", "parked")) == {"end", "ended"}  # noqa: E731
    eventually(both, 15, "both are parked")
    parked = listed(fleet)
    for callback in parked.values():
        assert (callback["state"], callback["attempts"]) == ("parked", 1)
        assert "must not be called" in callback["lastResult"] and callback["url"].startswith("http://")
        assert callback["account"] == "default" and "deliveredAt" not in callback
    assert receiver.connections == 0, "something was sent to loopback"

    table = balancer.command("callback", "list").out
    assert "parked" in table and receiver.url("/end") in table and "s3cret" not in table
    number = str(parked["end"]["id"])
    shown = balancer.command("callback", "show", number).out
    assert f"plenary callback retry {number}" in shown and "must not be called" in shown and "s3cret" not in shown
    assert balancer.json("callback", "show", number) == parked["end"]
    # Tried again as things are, it is refused again.
    assert balancer.json("callback", "retry", number) == {"retried": 1}
    # Its tries are counted anew.
    eventually(lambda: both() and listed(fleet)["end"]["attempts"] == 1, 10, "it is parked again")
    assert receiver.connections == 0

    balancer.environment["PLENARY_CALLBACKS_ALLOW_PRIVATE"] = "true"
    balancer.restart()
    assert "plenary callback list" in balancer.command("callback", "retry", number).out
    (end,) = receiver.wait_for("/end")
    assert dict(end.query) == {"secret": "s3cret", "recordingmarks": "false", "meetingID": meeting_id}
    assert receiver.arrived("/ended") == []
    assert balancer.json("callback", "retry", "--all") == {"retried": 1}
    receiver.wait_for("/ended")

    eventually(lambda: len(balancer.json("callback", "list", "--state", "delivered")) == 2, 5, "both are delivered")
    delivered = listed(fleet)["end"]
    assert delivered["deliveredAt"] >= delivered["createdAt"] and delivered["lastResult"] == "HTTP 200"
    assert "acknowledged at" in balancer.command("callback", "show", number).out
    refused = balancer.command("callback", "retry", number, code=1)
    assert "was acknowledged" in refused.err and f"plenary callback show {number}" in refused.err
    assert len(balancer.json("callback", "list", "--limit", "1")) == 1
    receiver.stays_quiet(QUIET)


def test_wrong_use_of_the_commands_is_told(new_balancer):
    balancer = new_balancer()
    url = f"http://127.0.0.1:{free_port()}"
    balancer.command("server", "add", url, "--secret", "some", "--name", "a", "--no-check")
    wrong = ["show", "show x", "retry", "retry 1 --all", "list --state nonsense", "list --limit 0"]
    for code, all_arguments in ((1, ["show 4711", "retry 4711"]), (64, wrong)):
        for arguments in all_arguments:
            printed = balancer.command("callback", *arguments.split(), code=code)
            assert printed.out == "" and printed.err.strip(), arguments
            if code == 1:
                assert printed.err.startswith("plenary: ") and "plenary callback list" in printed.err
    assert balancer.json("callback", "retry", "--all") == {"retried": 0}
