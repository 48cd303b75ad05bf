"""What changes rooms through the REST API, and what does not: stale, repeated, wrong and forbidden requests."""

from __future__ import annotations

import json

import pytest

from harness import at_once, eventually
from rooms import API, Hall, open_hall

PAST = "2021-01-01"


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet)


# ---------------------------------------------------------------------------------------------------- writing


def test_a_stale_change_is_refused(hall):
    room = hall.room()
    path = f"/rooms/{room['id']}"
    first = hall.api.get(path)
    assert hall.api.send("GET", path, headers={"If-None-Match": first.tag}).status == 304
    # A tag of another view of it is good for a change, too.
    tag = hall.api.get(path, include="tokens").tag
    changed = hall.api.patch(path, {"room_name": "One"}, {"If-Match": tag})
    changed.ok()
    hall.api.patch(path, {"room_name": "Two"}, {"If-Match": first.tag}).problem(412, "precondition_failed")
    hall.api.delete(path, {"If-Match": first.tag}).problem(412, "precondition_failed")
    assert hall.api.get(path).ok()["room_name"] == "One"
    assert hall.api.send("GET", path, headers={"If-None-Match": first.tag}).status == 200
    # Of many who change the same state one does.
    tag = hall.api.get(path).tag
    replies = at_once(
        [lambda n=number: hall.api.patch(path, {"room_name": f"N{n}"}, {"If-Match": tag}) for number in range(8)]
    )
    assert sorted(reply.status for reply in replies) == [200] + [412] * 7
    hall.api.delete(path, {"If-Match": hall.api.get(path).tag}).ok(204)


def test_a_repeat_with_the_same_key_is_done_once(hall):
    body = {"account_id": hall.account["id"], "room_name": "Once"}
    key = {"Idempotency-Key": "order-7/2026"}
    replies = at_once([lambda: hall.api.post("/rooms", body, key) for _ in range(8)])
    statuses = {reply.status for reply in replies}
    assert statuses <= {201, 409} and 201 in statuses
    for reply in replies:
        if reply.status == 409:
            reply.problem(409, "idempotency_in_progress")
    again = hall.api.post("/rooms", body, key)
    made = again.ok(201)
    assert again.headers["Idempotency-Replayed"] == "true" and again.headers["Location"].endswith(made["id"])
    assert len(hall.api.list("/rooms")) == 1
    assert {reply.json["id"] for reply in replies if reply.status == 201} == {made["id"]}
    hall.api.post("/rooms", body | {"room_name": "Other"}, key).problem(422, "idempotency_key_reused")
    # Of another credential, and at another path, it is another key.
    assert hall.key().post("/rooms", body, key).ok(201)["id"] != made["id"]
    token = hall.api.post(f"/rooms/{made['id']}/tokens", {"role": "guest"}, key).ok(201)
    assert hall.api.post(f"/rooms/{made['id']}/tokens", {"role": "guest"}, key).ok(201) == token
    # Also what was wrong is told again.
    wrong = {"Idempotency-Key": "wrong"}
    hall.api.post("/rooms", {}, wrong).problem(422, "validation_failed")
    assert hall.api.post("/rooms", {}, wrong).headers["Idempotency-Replayed"] == "true"
    # Beyond a restart.
    hall.balancer.restart()
    assert hall.api.post("/rooms", body, key).ok(201)["id"] == made["id"]
    for bad in ("", "x" * 256, "ü"):
        reply = hall.api.post("/rooms", body, {"Idempotency-Key": bad.encode()})
        assert reply.status in (201, 400, 422), reply.told()


def test_everything_that_is_wrong_is_told_at_once_with_its_place(hall):
    room = hall.room()
    post = hall.api.post
    post("/rooms", {}).problem(422, "validation_failed", account_id="required", room_name="required")
    post("/rooms", {"account_id": hall.account["id"], "room_name": "", "slug": "A b", "is_public": "yes", "nope": 1,
                    "status": "open", "room_type": "video", "id": "u6Yh3DkQ9w"}).problem(
        422, "validation_failed", room_name="required", slug="invalid_format", is_public="invalid_type",
        nope="unknown_field", status="invalid_enum", room_type="immutable_by_subscription", id="read_only",
    )  # fmt: skip
    post("/rooms", {"account_id": "1111111111", "room_name": "x" * 201}).problem(
        422, "validation_failed", account_id="not_found", room_name="too_long"
    )
    post("/rooms", {"account_id": 7, "room_name": "a\u0007b"}).problem(
        422, "validation_failed", account_id="invalid_type", room_name="invalid_format"
    )
    patch = hall.api.patch
    path = f"/rooms/{room['id']}"
    patch(path, {"uuid": "x", "url": "https://x.example", "room_type": "live", "account_id": "1111111111"}).problem(
        422, "validation_failed", uuid="read_only", url="read_only", room_type="immutable_by_subscription",
        account_id="read_only",
    )  # fmt: skip
    tokens = f"{path}/tokens"
    post(tokens, {}).problem(422, "validation_failed", role="required")
    post(tokens, {"role": "boss", "expires_at": "soon", "max_uses": 0, "label": "x" * 101, "token": "x"}).problem(
        422, "validation_failed", role="invalid_enum", expires_at="invalid_format", max_uses="out_of_range",
        label="too_long", token="read_only",
    )  # fmt: skip
    token = hall.token(room, "guest")
    patch(f"{tokens}/{token['id']}", {"token": "x"}).problem(422, "validation_failed", token="read_only")
    post(f"{path}/access-codes", {"role": "guest", "code": "abc"}).problem(422, "validation_failed", code="invalid_format")

    octets = {"Content-Type": "application/json"}
    for broken in (b"{", b'{"a": 1, "a": 2}', b"nope", b'{"room_name": "\xff"}', b"[" * 500 + b"]" * 500):
        reply = hall.api.send("PATCH", path, broken, octets)
        reply.problem(400, "malformed_json")
    hall.api.send("PATCH", path, b"[]", octets).problem(422, "validation_failed")
    hall.api.send("PATCH", path, b"room_name=x", {"Content-Type": "application/x-www-form-urlencoded"}).problem(
        415, "unsupported_media_type"
    )
    hall.api.send("GET", path, headers={"Accept": "text/html"}).problem(406, "not_acceptable")
    told = hall.api.send("PUT", path, {})
    told.problem(405, "method_not_allowed")
    assert {"GET", "PATCH", "DELETE"} <= {method.strip() for method in told.headers["Allow"].split(",")}
    hall.api.send("PATCH", path, b'{"room_name": "' + b"x" * 1_100_000 + b'"}', octets).problem(413, "body_too_large")
    for unknown in ("/nope", "/rooms/1111111111", "/rooms/x", "/rooms/u6Yh3DkQ9w/tokens/x", "/rooms/%00", "/rooms/%C3%BC"):
        hall.api.get(unknown).problem(404, "not_found")
    assert hall.api.get(path, skipCache="true", unknown="1").status == 200
    assert hall.api.get(path).ok()["updated_at"] == room["updated_at"], "nothing of it changed anything"


def test_who_may_not_is_told_so_before_anything_is_looked_up(hall):
    room = hall.room()
    anybody = API(hall.root, None)
    for key in (None, "", "x", "rk_x_y", hall.api.key[:-1] + "0", hall.api.key.upper()):
        API(hall.root, key).get("/rooms").problem(401, "unauthenticated")
    for path in ("/rooms", f"/rooms/{room['id']}", "/rooms/1111111111", "/me", "/customers"):
        anybody.get(path).problem(401, "unauthenticated")
    reader = hall.key("rooms.read")
    for body in ({}, {"room_name": "x", "account_id": hall.account["id"]}):
        reader.post("/rooms", body).problem(403, "forbidden")
    for path in (room["id"], "1111111111"):
        reader.patch(f"/rooms/{path}", {"room_name": "x"}).problem(403, "forbidden")
        reader.delete(f"/rooms/{path}").problem(403, "forbidden")
        reader.get(f"/rooms/{path}/tokens").problem(403, "forbidden")
    # A key ends.
    ends = hall.api.post("/api-keys", {"name": "x", "permissions": ["rooms.read"], "expires_at": PAST})
    if ends.status == 201:
        API(hall.root, ends.json["key"]).get("/rooms").problem(401, "unauthenticated")
    made = hall.api.post("/api-keys", {"name": "x", "permissions": ["rooms.read"]}).ok(201)
    key = API(hall.root, made["key"])
    key.get("/rooms").ok()
    assert "key" not in hall.api.get(f"/api-keys/{made['id']}").ok()
    hall.api.delete(f"/api-keys/{made['id']}").ok(204)
    eventually(lambda: key.get("/rooms").status == 401, 3, "the deleted key opens nothing")
    # Nobody gives more than he has.
    keys = hall.key("api_keys.manage", "rooms.read")
    assert keys.post("/api-keys", {"name": "x", "permissions": ["*"]}).status in (403, 422)


def test_another_customer_sees_nothing(hall):
    other = hall.another()
    room = hall.room()
    token, code = hall.token(room, "guest"), hall.code(room, "guest")
    stranger = other.key()
    path = f"/rooms/{room['id']}"
    for there in (
        path, f"{path}/tokens", f"{path}/tokens/{token['id']}", f"{path}/access-codes", f"{path}/users",
        f"{path}/access-codes/{code['id']}", f"{path}/status", f"{path}/features", f"{path}/sessions",
        f"/rooms/{room['uuid']}", f"/customers/{hall.customer['id']}", f"/accounts/{hall.account['id']}",
        f"/subscriptions/{hall.subscription['id']}", f"/accounts/{hall.account['id']}/integration-api",
    ):  # fmt: skip
        stranger.get(there).problem(404, "not_found")
    stranger.patch(path, {"room_name": "x"}).problem(404, "not_found")
    stranger.delete(path).problem(404, "not_found")
    stranger.post(f"{path}/tokens", {"role": "moderator"}).problem(404, "not_found")
    stranger.post(f"{path}/start").problem(404, "not_found")
    stranger.post("/rooms", {"account_id": hall.account["id"], "room_name": "x"}).problem(
        422, "validation_failed", account_id="not_found"
    )
    for listed in ("/rooms", "/accounts", "/customers", "/subscriptions"):
        assert hall.customer["id"] not in json.dumps(stranger.list(listed)), listed
    # A token of one room says nothing in another.
    mine = other.room()
    stranger.get(f"/rooms/{mine['id']}/tokens/{token['id']}").problem(404, "not_found")
