"""The life of a customer through the REST API alone."""

from __future__ import annotations

import re

import pytest
import requests

import harness
from harness import at_once
from rooms import ID, SETTINGS, TIME, ULID, UUID, Hall, furnish, new_key, open_hall

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
    assert room["url"] == f"{hall.root}/rooms/{room['id']}/{room['slug']}", "absolute, and without a token"
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
