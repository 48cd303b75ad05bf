"""Callbacks and events of accounts with meetings of one id: each gets its own, signed with its own secret."""

from __future__ import annotations

import hashlib
import json
import time
from urllib.parse import urlsplit

from harness import eventually, fresh
from receiver import opened
from tenants import leaks, readable, scoped, told_to


def hook_events(requests, url: str, secret: str) -> list[tuple[str, str]]:
    """Event and meetingID of what arrived at an address, each signed with that secret."""
    told = []
    for request in requests:
        digest = hashlib.sha1(url.encode() + request.body + secret.encode()).hexdigest()
        target = url.removeprefix(f"http://{urlsplit(url).netloc}")
        assert request.target == f"{target}?checksum={digest}", "not signed with the account's secret"
        (event,) = json.loads(request.form["event"])
        told.append((event["data"]["id"], event["data"]["attributes"]["meeting"]["external-meeting-id"]))
    return told


def test_what_is_told_comes_to_its_own_account_only(house, receivers):
    """Of the meetings that all have by one id: each to its own receiver, signed with its own secret."""
    # Two accounts with the very same address: neither learns that the other has it.
    common = receivers[3]
    both = house.tenants[1:]
    hooks = []
    for tenant in both:
        created = tenant.client.call("hooks/create", callbackURL=common.url("/both")).succeeded()
        assert created.key is None, f"{tenant.slug} is told of somebody else's hook: {created.body!r}"
        hooks.append(created.text("hookID"))
    assert hooks[0] != hooks[1]
    raw = [tenant.client.call("hooks/create", callbackURL=tenant.receiver.url("/raw"), getRaw="true").succeeded()
           for tenant in both]  # fmt: skip
    assert all(answer.key is None for answer in raw)
    again = fresh("again")
    # The past meetings told of themselves already.
    quiet = [receiver for tenant in house.tenants for receiver in [tenant.receiver]]
    for receiver in quiet:
        eventually(lambda: receiver.stays_quiet(1) is None, 20, "what was before is told")  # noqa: B023
    seen = {tenant.slug: len(tenant.receiver.arrived()) for tenant in house.tenants}
    ids: dict[str, str] = {}
    for tenant in house.tenants:
        ids[tenant.slug] = house.hold(tenant, again, 1)
        tenant.internal[again] = ids[tenant.slug]
    # In another order than they were made, and each before the next: nothing can come by accident of order.
    for tenant in reversed(house.tenants):
        house.server.mark(tenant.on_server(again))
        house.server.end_meeting(tenant.on_server(again))
        house.server.publish(ids[tenant.slug])
    told: dict[str, list] = {}
    for tenant in house.tenants:
        counts = {"/end": 3, "/ended": 3, "/recording": 3, "/analytics": 3}
        for path, count in counts.items():
            tenant.receiver.wait_for(path, count)
        eventually(lambda: tenant.receiver.stays_quiet(1.5) is None, 20, "all is told")  # noqa: B023
        told[tenant.slug] = tenant.receiver.arrived()[seen[tenant.slug] :]
        assert {path: len(tenant.receiver.taken(path)) for path in counts} == counts, "each once"

    for tenant in house.tenants:
        others = house.others(tenant)
        for request in tenant.receiver.arrived():
            assert leaks(told_to(request), others) == [], (tenant.slug, request)
            assert scoped(told_to(request)) == [], (tenant.slug, request)
        new = {path: [one for one in told[tenant.slug] if one.path == path] for path in
               ("/end", "/ended", "/recording", "/analytics", "/hook", "/hook-shared", "/raw")}  # fmt: skip
        assert [len(new[path]) for path in ("/end", "/ended", "/recording", "/analytics")] == [1] * 4
        assert dict(new["/end"][0].query) == {"recordingmarks": "true", "meetingID": again}
        signed = new["/recording"][0].form["signed_parameters"]
        assert opened(signed, tenant.secret, "HS256") == {"meeting_id": again, "record_id": ids[tenant.slug]}
        for other in others:
            assert opened(signed, other.secret, "HS256") is None
        analytics = new["/analytics"][0]
        bearer = analytics.headers["Authorization"].removeprefix("Bearer ")
        claims = opened(bearer, tenant.secret, "HS512")
        assert claims and claims["exp"] > time.time()
        body = json.loads(analytics.body)
        assert body["meeting_id"] == again
        assert [person["name"] for person in body["data"]["attendees"]] == [f"{tenant.marks['person']} 0"]
        events = hook_events(new["/hook"], tenant.receiver.url("/hook"), tenant.secret)
        assert {meeting_id for _, meeting_id in events} == {again}
        assert {"meeting-created", "user-joined", "meeting-ended"} <= {event for event, _ in events}
        # That one was asked for another meeting's events.
        assert new["/hook-shared"] == []
        if tenant in both:
            messages = [json.loads(one.form["event"])[0] for one in new["/raw"]]
            names = {(message.get("envelope") or message["header"])["name"] for message in messages}
            assert {"MeetingCreatedEvtMsg", "MeetingEndedEvtMsg", "publish_ended"} <= names
            for one in new["/raw"]:
                digest = hashlib.sha1(
                    tenant.receiver.url("/raw").encode() + one.body + tenant.secret.encode()
                ).hexdigest()
                assert one.target == f"/raw?checksum={digest}"
    # At the address that two accounts gave, each event came once, signed for one of them.
    url = common.url("/both")
    by_secret: dict[str, list[str]] = {tenant.slug: [] for tenant in both}
    for request in common.arrived("/both"):
        for tenant in both:
            digest = hashlib.sha1(url.encode() + request.body + tenant.secret.encode()).hexdigest()
            if request.target == f"/both?checksum={digest}":
                by_secret[tenant.slug].append(request.form["event"])
                other = next(one for one in both if one is not tenant)
                assert leaks(readable(told_to(request)), [other, house.tenants[0]]) == []
    assert sum(map(len, by_secret.values())) == len(common.arrived("/both"))
    for tenant in both:
        assert any(ids[tenant.slug] in event for event in by_secret[tenant.slug])
    # Who takes his away takes only his.
    both[0].client.call("hooks/destroy", hookID=hooks[0]).succeeded()
    listed = both[1].client.call("hooks/list").succeeded().xml.findall("hooks/hook")
    assert hooks[1] in [hook.findtext("hookID") for hook in listed]
