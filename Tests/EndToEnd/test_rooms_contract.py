"""The API and its description, and what becomes of whatever else is sent."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from urllib.parse import quote

import hypothesis
import pytest
import requests
import schemathesis
from openapi_spec_validator import validate

from rooms import API, Hall, new_key, open_hall


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet)


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
            if method == "get" and is_known and not template.endswith(("/events", "/stream")):
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
            if method != "parameters" and not calls_others(path, method) and not path.endswith("/stream")  # has no end
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
        schema = next(iter(content.values())).get("schema")
        if schema is None:
            return self.rng.randbytes(self.rng.choice([0, 1, 1_000]))  # a file
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
    return path.startswith(("/service-providers", "/webhooks")) and method in ("post", "patch", "put")


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
    send_many(read_only, 600)
    after = dump(looking[2], [hall, other], everything=True)
    must_be_same(joins_aside(before), joins_aside(after))
    before = dump(looking[2], [other], everything=True)
    send_many(own, 600)
    must_be_same(joins_aside(before), joins_aside(dump(looking[3], [other], everything=True)))
    assert answered.get(422, 0) > 100 and answered.get(200, 0) > 100 and answered.get(403, 0) > 50, answered
    assert hall.balancer.process.is_running


def joins_aside(seen: dict) -> dict:
    """Anybody may join, whatever else they may do: that shows in tokens and sessions."""
    aside = ("last_usage", "use_count", "observed_at", "peak_participants", "participant_minutes", "updated_at")
    return json.loads(json.dumps(seen), object_hook=lambda one: {k: v for k, v in one.items() if k not in aside})


def test_the_server_keeps_to_its_description(hall):
    """schemathesis makes requests of the description, right and wrong ones, and looks whether the answers are as it says."""
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
        if calls_others(operation.path, operation.method.lower()) or operation.path.endswith(("/events", "/stream")):
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
