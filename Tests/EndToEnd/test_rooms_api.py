"""The life of a customer through the REST API alone, and what the API does with whatever else it is sent."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import pytest
import requests

import harness
from harness import at_once, eventually
from rooms import API, ID, SETTINGS, TIME, ULID, UUID, Hall, furnish, new_key, open_hall

PAST, FUTURE = "2021-01-01", "2999-01-01"


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet)


# ---------------------------------------------------------------------------------------------------- a life


def test_a_life(start_fleet):
    """From the package to the last room that is deleted, with keys of the customer's own as soon as there are."""
    hall = open_hall(start_fleet, max_rooms=20, max_participants=100, max_duration=60, recording=True)
    assert hall.subscription["is_active"] and hall.subscription["service_type"] == "meet"
    assert hall.account["subscriber_id"] == hall.customer["id"]
    for made in (hall.package, hall.customer, hall.subscription, hall.account):
        assert ID.fullmatch(made["id"]) and UUID.fullmatch(made["uuid"]) and ULID.fullmatch(made["ulid"]), made
        assert TIME.fullmatch(made["created_at"]) and TIME.fullmatch(made["updated_at"])
    owner = hall.api.list(f"/customers/{hall.customer['id']}/users")
    assert [user["owner"] for user in owner] == [True]

    mine = hall.key()
    created = mine.post(
        "/rooms",
        {
            "account_id": hall.account["uuid"], "room_name": "Büro & Straße",
            "room_features": {"max_participants": 50}, "room_metadata": {"external_crm_id": 456},
            "room_settings": {"description": "Weekly planning", "auto_start_recording": True, "my_own": "free"},
        },
    )  # fmt: skip
    room = created.ok(201)
    assert created.headers["Location"] == f"/api/v1/rooms/{room['id']}"
    assert room["slug"] == "buero-strasse" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", room["slug"])
    assert room["url"] == f"{hall.root}/rooms/{room['id']}/{room['slug']}"
    assert (room["status"], room["is_public"], room["room_type"]) == ("active", False, "meet")
    assert (room["customer_id"], room["subscription_id"]) == (hall.customer["id"], hall.subscription["id"])
    assert room["warnings"] == []
    for name in ("id", "uuid", "ulid"):
        assert mine.get(f"/rooms/{room[name]}").ok()["id"] == room["id"]
    assert mine.get(f"/rooms/{room['ulid'].lower()}").ok()["id"] == room["id"]

    token = mine.post(f"/rooms/{room['id']}/tokens", {"role": "moderator", "expires_at": PAST}).ok(201)
    assert re.fullmatch(r"[0-9A-Za-z]{32}", token["token"]) and token["url"] == f"{room['url']}?token={token['token']}"
    assert token["expires_at"] == "2021-01-01T00:00:00Z" and token["valid"] is False
    assert token["last_usage"] is None and token["use_count"] == 0 and token["auto"] is False
    changed = mine.patch(f"/rooms/{room['id']}/tokens/{token['id']}", {"expires_at": None, "label": "Ada"}).ok()
    assert changed["valid"] and changed["token"] == token["token"] and changed["label"] == "Ada"
    code = mine.post(f"/rooms/{room['id']}/access-codes", {"role": "attendee"}).ok(201)
    assert re.fullmatch(r"\d{9}", code["code"])
    mine.post(f"/rooms/{room['id']}/access-codes", {"role": "guest", "code": code["code"]}).problem(409, "code_not_unique")

    shown = mine.get(f"/rooms/{room['id']}", fields="room_name,url,tokens").ok()
    assert set(shown) == {"object", "id", "room_name", "url", "tokens"}
    assert [one["id"] for one in shown["tokens"]] == [token["id"]]
    assert mine.get(f"/rooms/{room['id']}").ok() | {"warnings": []} == room | {"updated_at": room["updated_at"]}
    # What was fetched can be sent back.
    assert mine.patch(f"/rooms/{room['id']}", mine.get(f"/rooms/{room['id']}").ok()).ok()["id"] == room["id"]

    public = mine.patch(f"/rooms/{room['id']}", {"is_public": True, "slug": "office"}).ok()
    assert public["url"].endswith("/office")
    (automatic,) = mine.list(f"/rooms/{room['id']}/tokens", **{"filter[auto]": "true"})
    for call in (lambda path: mine.patch(path, {"label": "x"}), mine.delete):
        call(f"/rooms/{room['id']}/tokens/{automatic['id']}").problem(409, "token_is_automatic")
    mine.patch(f"/rooms/{room['id']}", {"is_public": False}).ok()
    assert mine.list(f"/rooms/{room['id']}/tokens", **{"filter[auto]": "true"}) == []

    usage = {one["code"]: one for one in mine.list(f"/subscriptions/{hall.subscription['id']}/usage")}
    assert (usage["max_rooms"]["used"], usage["max_rooms"]["remaining"]) == (1, 19)
    mine.delete(f"/rooms/{room['id']}/access-codes/{code['id']}").ok(204)
    mine.delete(f"/rooms/{room['id']}/tokens/{token['id']}").ok(204)
    mine.get(f"/rooms/{room['id']}/tokens/{token['id']}").problem(404, "not_found")
    mine.delete(f"/rooms/{room['id']}").ok(204)
    mine.get(f"/rooms/{room['id']}").problem(404, "not_found")
    assert requests.get(room["url"], timeout=10).status_code == 410


def test_features_are_resolved_against_the_subscription(start_fleet):
    """The worked examples of 7.3, the required one first."""
    hall = open_hall(start_fleet, max_rooms=20, max_participants=100, max_duration=60, recording=True)
    room = hall.room(room_features={"max_participants": 50, "max_duration": 60, "max_recordings": 10})

    def used(of: dict) -> dict[str, tuple]:
        told = hall.api.list(f"/rooms/{of['id']}/features")
        return {one["code"]: (one["used_value"], one["resolution"]) for one in told}

    told = used(room)
    assert told["max_participants"] == (50, "room")
    assert told["max_duration"] == (60, "room")
    assert told["recording"] == (True, "inherited")
    assert told["max_recordings"] == (None, "ignored_not_in_subscription")
    assert [one["code"] for one in room["warnings"]] == ["ignored_not_in_subscription"]

    given = {"max_participants": 150, "recording": "yes", "max_rooms": 5, "screen_sharing": False}
    patched = hall.api.patch(f"/rooms/{room['id']}", {"room_features": given | {"max_duration": None}}).ok()
    assert patched["room_features"] == given | {"max_recordings": 10}, "what is ignored is stored as it was given"
    assert used(room) == used(room) | {
        "max_participants": (100, "ignored_exceeds_subscription"), "recording": (True, "ignored_different_value"),
        "max_rooms": (20, "ignored_not_customisable"), "max_duration": (60, "inherited"),
    }  # fmt: skip
    strict = {"Prefer": "handling=strict"}
    reply = hall.api.patch(f"/rooms/{room['id']}", {"room_features": {"max_participants": 101}}, strict)
    reply.problem(422, "validation_failed", room_features__max_participants="ignored_exceeds_subscription")
    hall.api.patch(f"/rooms/{room['id']}", {"room_features": {"max_participants": 80}}, strict).ok()

    # Lowered and raised again: the stored value was kept.
    feature = f"/subscriptions/{hall.subscription['id']}/features/max_participants"
    for limit, seen in ((60, 60), (100, 80), ("unlimited", 80)):
        hall.api.patch(feature, {"value": limit}).ok()
        assert used(room)["max_participants"][0] == seen
    hall.api.patch(feature, {"value": 100}).ok()
    hall.api.patch(f"/rooms/{room['id']}", {"room_features": {"max_participants": "unlimited", "recording": False}}).ok()
    assert used(room)["max_participants"] == (100, "ignored_exceeds_subscription")
    assert used(room)["recording"] == (False, "room")


def test_metadata_is_overwritten_and_settings_are_merged(hall):
    room = hall.room(room_metadata={"a": 1, "b": 2}, room_settings={"description": "x", "own": 1})
    path = f"/rooms/{room['id']}"
    assert hall.api.patch(path, {"room_metadata": {"b": 3}}).ok()["room_metadata"] == {"b": 3}
    merge = {"Content-Type": "application/merge-patch+json"}
    assert hall.api.patch(path, {"room_metadata": {"c": None}}, merge).ok()["room_metadata"] == {"c": None}
    assert hall.api.patch(path, {"room_name": "y"}).ok()["room_metadata"] == {"c": None}
    for good in (
        {"external_billing_id": 123, "external_crm_id": 456}, {"crm": {"id": 456, "vip": True, "note": None}},
        {"tags": ["a", 1, None]}, {"f": 1.5, "big": 9007199254740993}, {},
    ):  # fmt: skip
        assert hall.api.patch(path, {"room_metadata": good}).ok()["room_metadata"] == good
    for deep in ({"a": {"b": {"c": 1}}}, {"a": [[1]]}, {"a": [{"b": 1}]}, {"a": {"b": [1]}}):
        reply = hall.api.patch(path, {"room_metadata": deep})
        assert reply.problem(422, "validation_failed")["errors"][0]["code"] == "metadata_too_deep", reply.told()
    for wrong in ([1, 2], "text"):
        hall.api.patch(path, {"room_metadata": wrong}).problem(422, "validation_failed", room_metadata="invalid_type")
    large = {f"k{number}": "x" * 500 for number in range(50)}
    hall.api.patch(path, {"room_metadata": large}).problem(422, "validation_failed", room_metadata="metadata_too_large")
    assert hall.api.patch(path, {"room_metadata": None}).ok()["room_metadata"] == {}

    settings = hall.api.patch(path, {"room_settings": {"own": None, "mute_on_start": True}}).ok()["room_settings"]
    assert settings == {"description": "x", "mute_on_start": True}
    hall.api.patch(path, {"room_settings": {"mute_on_start": "yes", "guest_policy": "x", "Own": 1}}).problem(
        422, "validation_failed", room_settings__mute_on_start="invalid_setting",
        room_settings__guest_policy="invalid_setting", room_settings__Own="invalid_setting",
    )  # fmt: skip


def test_a_limit_of_rooms_holds_however_many_ask_at_once(start_fleet):
    hall = open_hall(start_fleet, max_rooms=5)
    body = {"account_id": hall.account["id"], "room_name": "x"}
    replies = at_once([lambda: hall.api.post("/rooms", body) for _ in range(16)])
    refused = [reply for reply in replies if reply.status != 201]
    assert len(refused) == 11
    for reply in refused:
        limit = reply.problem(403, "limit_exceeded")["limit"]
        assert limit == {
            "code": "max_rooms", "value": 5, "used": 5, "requested": 1, "scope": "subscription",
            "subscription_id": hall.subscription["id"],
        }  # fmt: skip
    # Inactive ones count, deleted ones do not.
    first, second = hall.api.list("/rooms")[:2]
    hall.api.patch(f"/rooms/{first['id']}", {"status": "inactive"}).ok()
    hall.api.post("/rooms", body).problem(403, "limit_exceeded")
    hall.api.delete(f"/rooms/{second['id']}").ok(204)
    hall.api.post("/rooms", body).ok(201)


# ---------------------------------------------------------------------------------------------------- lists


def test_lists_are_filtered_sorted_searched_and_paged(hall):
    names = ["Zoo", "Ärzte Rat", "arzte board", "Business Meeting", "Board 7", "Über uns", "Plan b", "Plan a"]
    rooms = [
        hall.room(room_name=name, is_public=number % 2 == 0, room_metadata={"number": number, "even": number % 2 == 0})
        for number, name in enumerate(names)
    ]
    hall.api.patch(f"/rooms/{rooms[0]['id']}", {"status": "inactive"}).ok()
    other = hall.another()
    other.room(room_name="Board of others")

    def found(**query) -> list[str]:
        query = {"filter[account_id]": hall.account["id"]} | query
        return [room["room_name"] for room in hall.api.list("/rooms", **query)]

    assert found() == names[::-1], "the newest first"
    assert found(sort="created_at") == names
    assert found(orderBy="created_at", sortedBy="asc") == names
    assert sorted(found(sort="room_name")) == sorted(names) and found(sort="-room_name") == found(sort="room_name")[::-1]
    assert found(**{"filter[status]": "inactive"}) == ["Zoo"]
    assert found(**{"filter[status]": "inactive,active", "sort": "created_at"}) == names
    assert found(**{"filter[is_public]": "false", "sort": "created_at"}) == names[1::2]
    assert found(**{"filter[room_metadata.number]": "3"}) == ["Business Meeting"]
    assert found(**{"filter[room_metadata.even]": "true", "sort": "created_at"}) == names[::2]
    assert found(**{"filter[created_at][gte]": FUTURE}) == [] and len(found(**{"filter[created_at][gte]": PAST})) == 8
    assert found(**{"filter[live]": "true"}) == []
    assert set(found(search="ARZTE")) == {"Ärzte Rat", "arzte board"}
    assert set(found(search="board")) == {"arzte board", "Board 7"}
    assert found(search="b PLAN") == ["Plan b"]
    assert found(search="room_name:uber") == ["Über uns"]
    hall.visitor("Ada").join(rooms[3], hall.token(rooms[3], "moderator")).ok()
    assert found(**{"filter[live]": "true"}) == ["Business Meeting"]
    for query in ({"filter[customer_id]": other.customer["uuid"]}, {"filter[subscription_id]": other.subscription["id"]}):
        assert [room["room_name"] for room in hall.api.list("/rooms", **query)] == ["Board of others"]

    # By pages, and by cursors, each is seen once.
    query = {"filter[account_id]": hall.account["id"], "sort": "-is_public,room_name"}
    wanted = [room["id"] for room in hall.api.list("/rooms", **query)]
    seen, page = [], 1
    while True:
        reply = hall.api.get("/rooms", limit=3, page=page, **query)
        told = reply.ok()
        paging = told["meta"]["pagination"]
        assert (paging["total"], paging["per_page"], paging["current_page"], paging["total_pages"]) == (8, 3, page, 3)
        assert paging["count"] == len(told["data"])
        seen += [room["id"] for room in told["data"]]
        if paging["links"]["next"] is None:
            assert 'rel="next"' not in reply.headers.get("Link", "")
            break
        assert f'<{paging["links"]["next"]}>; rel="next"' in reply.headers["Link"]
        assert hall.api.get(paging["links"]["next"]).ok()["meta"]["pagination"]["current_page"] == page + 1
        page += 1
    assert seen == wanted
    seen, cursor = [], None
    for _ in range(10):
        paging_query = query | {"limit": 3} | ({"cursor": cursor} if cursor else {})
        told = hall.api.get("/rooms", **paging_query).ok()
        assert cursor is None or told["meta"]["pagination"]["total"] is None
        seen += [room["id"] for room in told["data"]]
        cursor = told["meta"]["pagination"]["next_cursor"]
        if cursor is None:
            break
    assert seen == wanted
    beyond = hall.api.get("/rooms", page=99, **query).ok()
    assert beyond["data"] == [] and beyond["meta"]["pagination"]["total"] == 8

    shown = hall.api.get("/rooms", fields="room_name", include="tokens,account.customer", limit=1, **query).ok()["data"][0]
    assert set(shown) == {"object", "id", "room_name", "tokens", "account"}
    assert shown["account"]["customer"]["id"] == hall.customer["id"]
    assert set(hall.api.get("/rooms", filter="slug", limit=1).ok()["data"][0]) == {"object", "id", "slug"}
    reader = hall.key("rooms.read")
    reader.get("/rooms", include="tokens").problem(403, "forbidden")
    reader.get(f"/rooms/{rooms[0]['id']}", include="access_codes").problem(403, "forbidden")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": "0"}, "limit"), ({"limit": "201"}, "limit"), ({"limit": "x"}, "limit"), ({"page": "0"}, "page"),
        ({"sort": "nope"}, "sort"), ({"include": "nope"}, "include"), ({"include": "account.nope"}, "include"),
        ({"fields": "nope"}, "fields"), ({"filter[nope]": "1"}, "filter[nope]"), ({"cursor": "x"}, "cursor"),
        ({"filter[status]": "nope"}, "filter[status]"), ({"filter[is_public]": "maybe"}, "filter[is_public]"),
        ({"filter[created_at][gte]": "soon"}, "filter[created_at][gte]"), ({"filter[status]": ""}, "filter[status]"),
        ({"filter[room_name][gte]": "a"}, "filter[room_name][gte]"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_followed_is_an_error(one_hall, query, place):
    told = one_hall.api.get("/rooms", **query).problem(422, "invalid_query")
    assert [fault["parameter"] for fault in told["errors"]] == [place], told


@pytest.fixture(scope="module")
def one_hall(tmp_path_factory):
    """One that many cases look at and none changes."""
    directory = tmp_path_factory.mktemp("one")
    server = harness.Simulator("a", directory, harness.clean_environment(directory)).start()
    balancer = harness.Balancer(directory / "balancer", **SETTINGS)
    try:
        balancer.add(server)
        fleet = harness.Fleet(balancer.serve(), [server])
        yield furnish(fleet, new_key(balancer))
    finally:
        balancer.discard()
        server.process.discard()


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


# ---------------------------------------------------------------------------------------------------- the description


def document(hall: Hall) -> dict:
    answer = requests.get(f"{hall.root}/api/v1/openapi.json", timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    return answer.json()


def known_ids(hall: Hall) -> dict[str, str]:
    """One id for each name that paths have."""
    room = hall.room(room_name="Known")
    token, code = hall.token(room, "attendee"), hall.code(room, "guest")
    session = hall.api.post(f"/rooms/{room['id']}/start").ok(201)
    (user, *_) = hall.api.list(f"/rooms/{room['id']}/users")
    (provider, *_) = hall.api.list("/service-providers")
    (attached, *_) = hall.api.list(f"/packages/{hall.package['id']}/providers")
    key = hall.api.list("/api-keys")[0]
    role = hall.api.post("/roles", {"name": f"helper-{room['id'].lower()}", "permissions": ["rooms.read"]}).ok(201)
    return {
        "room_id": room["id"], "token_id": token["id"], "code_id": code["id"], "session_id": session["id"],
        "user_id": user["user_id"], "customer_id": hall.customer["id"], "account_id": hall.account["id"],
        "subscription_id": hall.subscription["id"], "package_id": hall.package["id"], "code": "max_rooms",
        "service_provider_id": provider["id"], "api_key_id": key["id"], "role": role["id"],
        "package_provider_id": attached.get("id") or attached["service_provider_id"],
    }  # fmt: skip


def test_the_description_is_valid_and_every_path_in_it_is_there(hall):
    from openapi_spec_validator import validate

    told = document(hall)
    assert told["openapi"].startswith("3.1")
    validate(told)
    ids = known_ids(hall)
    methods = 0
    for template, item in told["paths"].items():
        path = re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], "1111111111"), template)
        is_known = all(name in ids for name in re.findall(r"\{(\w+)\}", template))
        for method, operation in item.items():
            if method == "parameters":
                continue
            methods += 1
            assert operation["operationId"] and operation["summary"] and operation["tags"]
            # Nobody is let in by what is in it, unless it says so.
            is_open = operation.get("security") == []
            reply = API(hall.root, None).send(method.upper(), path, None if method in ("get", "delete") else {})
            assert is_open or reply.status == 401, reply.told()
            if method == "get" and is_known and not template.endswith("/events"):
                reply = hall.api.get(path)
                assert reply.status == 200 or (reply.status, template) == (401, "/join/{room_id}"), reply.told()
            # A body that says nothing: whatever the answer is, the path is there.
            if method in ("patch", "put") and is_known:
                assert hall.api.send(method.upper(), path, {"no_such_member": 1}).status == 422, template
    assert methods > 60
    for wanted in ("/rooms/{room_id}/tokens", "/join/{room_id}", "/accounts/{account_id}/integration-api", "/me"):
        assert wanted in told["paths"]


# ---------------------------------------------------------------------------------------------------- whatever is sent

HOSTILE = [
    None, True, False, 0, -1, 1.5, 10**30, -(2**63), "", " ", "x" * 5_000, "ü\u202e", "a\u0000b", "😀", [], {},
    [[]], {"a": {"b": {"c": 1}}}, ["x"] * 300, "'; DROP TABLE rooms; --", "../../etc/passwd", "%00", "null", "1e400",
    "unlimited", "2999-12-31", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60+99:99", {"$ref": "x"}, "<script>",
]  # fmt: skip


class Mutator:
    """Makes requests of a description: right ones, and what becomes of them by chance. All of it follows from the seed."""

    def __init__(self, told: dict, ids: list[dict[str, str]], seed: int):
        self.told = told
        self.ids = ids
        self.rng = random.Random(seed)
        self.operations = [
            (method.upper(), path, operation)
            for path, item in sorted(told["paths"].items())
            for method, operation in sorted(item.items())
            if method != "parameters" and not calls_others(path, method)
        ]

    def request(self) -> tuple[str, str, object, dict, dict]:
        """Method, path, body, headers, query."""
        method, template, operation = self.rng.choice(self.operations)
        if self.rng.random() < 0.05:
            method = self.rng.choice(["GET", "POST", "PUT", "PATCH", "DELETE"])
        path = re.sub(r"\{(\w+)\}", lambda name: self.segment(name[1]), template)
        query = {
            self.rng.choice(["limit", "page", "sort", "include", "fields", "filter", "search", "cursor", "force",
                             "filter[status]", "filter[x]", "filter[created_at][gte]", "filter[", "verify"]):
            self.text() for _ in range(self.rng.choice([0, 0, 0, 1, 2]))
        }  # fmt: skip
        headers = {}
        for name, values in (
            ("If-Match", ['"x"', "*", 'W/"x"', "x" * 300, ","]), ("Idempotency-Key", ["a", "b", "a b", "x" * 400]),
            ("Prefer", ["handling=strict", "return=minimal", ";;=", "handling"]), ("Accept", ["*/*", "text/html", ";q=x"]),
            ("Content-Type", ["application/json", "text/plain", "application/merge-patch+json", "x", "a/b;c"]),
            ("X-Forwarded-For", ["1.2.3.4", "x, ,::1", "::ffff:1.2.3.4"]), ("Accept-Language", ["ar;q=x", "*", "de"]),
            ("If-None-Match", ["*", '"', "x"]),
        ):  # fmt: skip
            if self.rng.random() < 0.08:
                headers[name] = self.rng.choice(values)
        return method, path, self.body(operation), headers, query

    def segment(self, name: str) -> str:
        if self.rng.random() < 0.85:
            return self.rng.choice(self.ids).get(name, "1111111111")
        return quote(str(self.rng.choice([one for one in HOSTILE if one not in ("", None)])), safe="%")[:400]

    def text(self) -> str:
        value = self.rng.choice(HOSTILE)
        return (value if isinstance(value, str) else json.dumps(value))[:600]

    def body(self, operation: dict):
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return None if self.rng.random() < 0.9 else b"{}"
        schema = next(iter(content.values()))["schema"]
        named = self.told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        body = json.loads(json.dumps(named.get("example", {})))
        for name, value in body.items():
            # Known ids in the place of those of the example.
            if name in self.ids[0] and isinstance(value, str) and self.rng.random() < 0.9:
                body[name] = self.rng.choice(self.ids)[name]
        for _ in range(self.rng.choice([0, 1, 1, 2, 3])):
            names = sorted(named.get("properties", {})) + ["no_such_member"]
            body[self.rng.choice(names)] = self.rng.choice(HOSTILE)
        if body and self.rng.random() < 0.2:
            del body[self.rng.choice(sorted(body))]
        octets = json.dumps(body).encode()
        if self.rng.random() < 0.1:
            cut = self.rng.randrange(len(octets) + 1)
            return octets[:cut] + self.rng.randbytes(self.rng.randrange(4)) + octets[cut + 1 :]
        return octets


def calls_others(path: str, method: str) -> bool:
    """What sends requests to an address that stands in the body: nothing of these tests leaves the machine."""
    return path.startswith("/service-providers") and method in ("post", "patch", "put")


def dump(api: API, halls: list[Hall], everything: bool) -> dict[str, object]:
    """All that can be read of some customers, and of the platform."""
    seen: dict[str, object] = {}

    def read(path: str) -> list[dict]:
        listed = api.list(path, sort="created_at") if path.count("/") == 1 else api.list(path)
        seen[path] = [{name: value for name, value in one.items() if name not in ("last_used_at", "health")} for one in listed]
        return listed

    for path in ("/packages", "/service-providers", "/roles", "/admins") if everything else ():
        read(path) if path != "/roles" else seen.update({path: api.list(path)})
    for hall in halls:
        for what, made, parts in (
            ("customers", hall.customer, ["users"]), ("subscriptions", hall.subscription, ["features", "providers"]),
            ("accounts", hall.account, ["users"]),
        ):  # fmt: skip
            seen[f"/{what}/{made['id']}"] = api.get(f"/{what}/{made['id']}").ok()
            for part in parts:
                seen[f"/{what}/{made['id']}/{part}"] = api.list(f"/{what}/{made['id']}/{part}")
        rooms = api.list("/rooms", **{"filter[customer_id]": hall.customer["id"]})
        seen[f"rooms of {hall.customer['id']}"] = rooms
        for room in rooms:
            for part in ("tokens", "access-codes", "users", "sessions", "features"):
                seen[f"/rooms/{room['id']}/{part}"] = api.list(f"/rooms/{room['id']}/{part}")
    return seen


def must_be_same(before: dict, after: dict) -> None:
    changed = {path: (before.get(path), after.get(path)) for path in before | after if before.get(path) != after.get(path)}
    assert not changed, json.dumps(changed, indent=1)[:4_000]


def test_a_thousand_wrong_requests_do_nothing_that_is_not_allowed(hall):
    """Half of them by a key that may only read, half by one that may everything with one customer."""
    other = hall.another()
    ids, theirs = known_ids(hall), known_ids(other)
    told = document(hall)
    # Limits are of a credential: what is asked here is not about them.
    read_only = [new_key(hall.balancer, "*.read") for _ in range(2)]
    own = [hall.key() for _ in range(2)]
    looking = [new_key(hall.balancer) for _ in range(4)]
    mutator = Mutator(told, [ids, theirs], seed=20_260_401)
    answered: dict[int, int] = {}

    def send_many(keys: list[API], count: int) -> None:
        for number in range(count):
            method, path, body, headers, query = mutator.request()
            reply = keys[number % len(keys)].send(method, path, body, headers, **query)
            answered[reply.status] = answered.get(reply.status, 0) + 1
            is_away = reply.status == 503 and reply.json["code"] == "provider_unavailable"
            assert reply.status < 500 or is_away, f"{headers} {body!r}: {reply.told()}"
            assert reply.status != 429, "a limit is in the way"

    before = dump(looking[0], [hall, other], everything=True)
    assert before == dump(looking[1], [hall, other], everything=True)
    send_many(read_only, 500)
    after = dump(looking[2], [hall, other], everything=True)
    must_be_same(joins_aside(before), joins_aside(after))
    before = dump(looking[2], [other], everything=True)
    send_many(own, 500)
    must_be_same(joins_aside(before), joins_aside(dump(looking[3], [other], everything=True)))
    assert answered.get(422, 0) > 100 and answered.get(200, 0) > 100 and answered.get(403, 0) > 50, answered
    assert hall.balancer.process.is_running


def joins_aside(seen: dict) -> dict:
    """Anybody may join, whatever else they may do: that shows in tokens and sessions."""
    aside = ("last_usage", "use_count", "observed_at", "peak_participants", "participant_minutes", "updated_at")
    return json.loads(json.dumps(seen), object_hook=lambda one: {k: v for k, v in one.items() if k not in aside})


def test_the_server_keeps_to_its_description(hall):
    """schemathesis makes requests of the description, right and wrong ones, and looks whether the answers are as it says."""
    import hypothesis
    import schemathesis

    told = document(hall)
    ids = known_ids(hall)
    keys = [new_key(hall.balancer).key for _ in range(10)]
    schema = schemathesis.openapi.from_dict(told)
    checks = [
        schemathesis.checks.not_a_server_error, schemathesis.specs.openapi.checks.status_code_conformance,
        schemathesis.specs.openapi.checks.content_type_conformance,
        schemathesis.specs.openapi.checks.response_schema_conformance,
    ]  # fmt: skip
    sent = 0
    wrong: dict[str, str] = {}
    began = datetime.now(UTC)
    for result in schema.get_all_operations():
        operation = result.ok()
        if calls_others(operation.path, operation.method.lower()) or operation.path.endswith("/events"):
            continue

        @hypothesis.seed(7)
        @hypothesis.settings(
            max_examples=12, deadline=None, database=None, derandomize=False, phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
        def run(case):
            nonlocal sent
            sent += 1
            # Else nearly everything is not found. What deletes is of nothing that is still needed.
            if case.method.upper() != "DELETE":
                for name in case.path_parameters or {}:
                    case.path_parameters[name] = ids.get(name, "1111111111")
            answer = case.call(
                base_url=f"{hall.root}/api/v1", headers={"Authorization": f"Bearer {keys[sent % len(keys)]}"}, timeout=30
            )
            try:
                case.validate_response(answer, checks=checks)
            except (schemathesis.core.failures.FailureGroup, AssertionError) as error:
                # All of them are told at the end.
                told = "; ".join(str(one) for one in getattr(error, "exceptions", [error]))
                wrong.setdefault(f"{operation.label}: {answer.status_code}", f"{told[:900]}\n{answer.text[:300]}")

        run()
    seconds = (datetime.now(UTC) - began).total_seconds()
    print(f"{sent} requests in {seconds:.0f} s")
    assert not wrong, f"{len(wrong)} of {sent}:\n" + "\n\n".join(f"{what}\n{why}" for what, why in wrong.items())
    assert sent > 300


def test_hosts_of_customers_and_addresses_are_absolute(hall):
    room = hall.room()
    parts = urlsplit(room["url"])
    assert parts.scheme == "http" and parts.netloc == urlsplit(hall.root).netloc and not parts.query
