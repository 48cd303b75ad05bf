"""Web hooks and events of the platform: who is told what, how it is signed, and what becomes of those that nobody takes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest

from harness import eventually
from receiver import Received, Receiver
from rooms import Hall, open_hall

SETTINGS = {"PLENARY_CALLBACKS_ALLOW_PRIVATE": "true"}


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet, settings=SETTINGS)


def hook(hall: Hall, receiver: Receiver, path: str, *events: str, api=None) -> dict:
    made = (api or hall.key()).post("/webhooks", {"url": receiver.url(path), "events": list(events) or ["*"]}).ok(201)
    hall.secrets.add(made["secret"])
    return made


def signatures(request: Received, secret: str) -> tuple[str, list[str]]:
    """The signature that a secret makes, and those that came."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{made}", headers["webhook-signature"].split(" ")


def told(request: Received, *secrets: str) -> dict:
    """What a message says, if it is signed with exactly these secrets."""
    assert request.method == "POST" and request.headers["Content-Type"] == "application/json"
    for secret in secrets:
        own, given = signatures(request, secret)
        assert own in given and len(given) == len(secrets), given
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    event = json.loads(request.body)
    assert event["object"] == "Event" and event["id"] == headers["webhook-id"]
    return event


def test_a_room_and_its_session_are_told(hall, receiver):
    made = hook(hall, receiver, "/in", "room.*", "session.*", "room_token.created")
    room = hall.room()
    token = hall.token(room, "moderator")
    hall.visitor("Ida").come(room, token)
    hall.api.post(f"/rooms/{room['id']}/end").ok(202)
    hall.api.delete(f"/rooms/{room['id']}").ok(204)
    receiver.wait_for("/in", 5)
    events = [told(request, made["secret"]) for request in receiver.taken("/in")]
    by_type = {event["type"]: event for event in events}
    assert set(by_type) == {
        "room.created", "room_token.created", "session.started", "session.ended", "room.deleted",
    }  # fmt: skip
    assert by_type["room.created"]["subject"] == {"object": "Room", "id": room["id"]}
    assert by_type["room.created"]["sequence"] < by_type["room.deleted"]["sequence"]
    assert by_type["session.ended"]["data"]["reason"] == "api"
    assert all(event["customer_id"] == hall.customer["id"] for event in events)
    assert not any(token["token"] in request.body.decode() for request in receiver.arrived())
    # Whoever reads the log of events finds the same.
    listed = {event["id"] for event in hall.key("events.read").list("/events")}
    assert {event["id"] for event in events} <= listed
    hall.must_keep_quiet()


def test_what_is_not_taken_comes_again_as_it_was(hall, receiver):
    made = hook(hall, receiver, "/in", "room.created")
    receiver.fail("/in", 1, 503)
    hall.room()
    receiver.wait_for("/in", 1)
    first, second = receiver.arrived("/in")
    assert first.body == second.body
    assert told(first, made["secret"])["id"] == told(second, made["secret"])["id"]

    def delivered() -> list[dict]:
        found = hall.api.list(f"/webhooks/{made['id']}/deliveries")
        return found if [one["status"] for one in found] == ["delivered"] else []

    # The receiver has it before it is written down that it has.
    deliveries = eventually(delivered, 20, "it is written down")
    assert [(one["attempts"], one["last_status"]) for one in deliveries] == [(2, 200)]
    again = hall.api.post(f"/webhooks/{made['id']}/deliveries/{deliveries[0]['id']}/redeliver").ok(202)
    assert again["status"] == "waiting"
    receiver.wait_for("/in", 2)
    assert len({told(request, made["secret"])["id"] for request in receiver.arrived("/in")}) == 1


def test_an_address_that_is_gone_is_switched_off(hall, receiver):
    made = hook(hall, receiver, "/in", "room.created")
    hook(hall, receiver, "/watch", "webhook.disabled", api=hall.api)
    receiver.fail("/in", 1, 410)
    hall.room()
    (request,) = receiver.wait_for("/watch", 1)
    assert json.loads(request.body)["data"]["reason"] == "gone"
    held = hall.api.get(f"/webhooks/{made['id']}").ok()
    assert (held["active"], held["disabled_reason"]) == (False, "gone") and held["disabled_at"]
    assert "web hook is switched off" in hall.balancer.log.read_text()
    hall.api.post(f"/webhooks/{made['id']}/test").problem(400, "bad_request")
    hall.room()
    assert hall.api.patch(f"/webhooks/{made['id']}", {"active": True}).ok()["disabled_reason"] is None
    hall.api.post(f"/webhooks/{made['id']}/test").ok(202)
    receiver.wait_for("/in", 1)
    assert [json.loads(request.body)["type"] for request in receiver.taken("/in")] == ["webhook.test"]


def test_a_secret_is_changed_without_a_break(hall, receiver):
    made = hook(hall, receiver, "/in", "room.created")
    changed = hall.api.patch(f"/webhooks/{made['id']}", {"rotate_secret": True}).ok()
    hall.secrets.add(changed["secret"])
    hall.room()
    (request,) = receiver.wait_for("/in", 1)
    told(request, changed["secret"], made["secret"])
    hall.must_keep_quiet()
    # Nor do they stand in the database.
    database = b"".join(path.read_bytes() for path in hall.balancer.directory.rglob("*.sqlite*"))
    assert not any(secret["secret"].encode() in database for secret in (made, changed))


def test_what_happened_is_told_after_a_restart(hall, receiver):
    made = hook(hall, receiver, "/in", "room.created")
    receiver.fail("/in", 1, 500)
    room = hall.room()
    receiver.wait_for_tries("/in", 1)
    hall.balancer.restart()
    (request,) = receiver.wait_for("/in", 1, within=40)
    assert told(request, made["secret"])["subject"]["id"] == room["id"]


def test_nobody_hears_of_others(hall, receiver):
    other = hall.another()
    hook(other, receiver, "/other")
    hook(hall, receiver, "/own", "room.created")
    hook(hall, receiver, "/all", "room.created", api=hall.api)
    room = hall.room()
    receiver.wait_for("/own", 1)
    receiver.wait_for("/all", 1)
    assert not receiver.arrived("/other")
    assert room["id"] not in {event["subject"]["id"] for event in other.key().list("/events")}


def test_private_addresses_need_the_operators_word(start_fleet, receiver):
    hall = open_hall(start_fleet)
    private = ("https://127.0.0.1/in", "https://10.1.2.3/in", "https://localhost/in")
    for url in (receiver.url("/in"), *private, "http://example.org/in"):
        body = {"url": url, "events": ["*"]}
        hall.api.post("/webhooks", body).problem(422, "validation_failed", url="invalid_format")
    assert not hall.api.list("/webhooks")


def test_limits_are_told_at_80_percent_and_when_they_are_reached(start_fleet, receiver):
    hall = open_hall(start_fleet, settings=SETTINGS, max_rooms=5)
    hook(hall, receiver, "/in", "quota.*")
    for _ in range(5):
        hall.room()
    receiver.wait_for("/in", 3)
    events = [json.loads(request.body) for request in receiver.taken("/in")]
    assert sorted((event["type"], event["data"]["percent"]) for event in events) == [
        ("quota.reached", 100), ("quota.threshold", 80), ("quota.threshold", 100),
    ]  # fmt: skip
    assert all(event["subject"] == {"object": "Subscription", "id": hall.subscription["id"]} for event in events)
