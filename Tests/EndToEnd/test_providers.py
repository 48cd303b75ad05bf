"""Service providers over real TLS: which certificates, secrets and versions pass, what the others are told, and that health
follows what happens to the host."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import requests

import tls
from harness import Balancer, Simulator, eventually, free_port, must_be_loopback

# A round of checks is made each 15 seconds; three failures take a provider down, two good ones bring it back.
LONGEST_ROUNDS = 120.0


@dataclass
class API:
    """The REST API, with a key that may do everything."""

    balancer: Balancer
    key: str

    def ask(self, method: str, path: str, body: dict | None = None, **query: str) -> requests.Response:
        url = f"{self.balancer.root}/api/v1{path}"
        must_be_loopback(url)
        headers = {"Authorization": f"Bearer {self.key}"}
        return requests.request(
            method, url, json=body, params=query, headers=headers, timeout=60, allow_redirects=False
        )

    def done(self, method: str, path: str, body: dict | None = None, status: int = 200, **query: str) -> dict:
        answer = self.ask(method, path, body, **query)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    def refused(self, method: str, path: str, body: dict | None, code: str, status: int = 422) -> dict:
        problem = self.done(method, path, body, status)
        assert problem["code"] == code, problem
        return problem


@dataclass
class Place:
    """A balancer that believes one authority, and a simulated server behind TLS."""

    api: API
    server: Simulator
    proxy: tls.TLSProxy

    def body(self, url: str | None = None, secret: str | None = None, kind: str = "bigbluebutton") -> dict:
        properties = {"host_url": url or self.proxy.url, "secret": secret or self.server.secret}
        return {"provider_name": "North", "provider_type": kind, "properties": properties}

    def add(self, **query: str) -> dict:
        return self.api.done("POST", "/service-providers", self.body(), 201, **query)

    def check(self, provider: dict) -> dict:
        return self.api.done("POST", f"/service-providers/{provider['id']}/check")

    def shown(self, provider: dict) -> dict:
        return self.api.done("GET", f"/service-providers/{provider['id']}")

    def state(self, provider: dict) -> str:
        return self.shown(provider)["health"]["state"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The one that is believed."""
    return tls.Authority(tmp_path_factory.mktemp("tls") / "ours", "Authority of the operator")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return tls.Authority(tmp_path_factory.mktemp("tls") / "others", "Authority of somebody")


@pytest.fixture
def place(authority, start_simulator, new_balancer):
    server = start_simulator("north")
    balancer = new_balancer(PLENARY_PROVIDERS_EXTRA_CA=str(authority.certificate)).serve()
    key = balancer.json("api-key", "create", "end-to-end", "--permission", "*")["key"]
    proxy = tls.TLSProxy(server.port, authority.leaf())
    yield Place(API(balancer, key), server, proxy)
    proxy.stop()


def test_a_host_that_is_as_it_should_be_becomes_a_provider(place, authority):
    for kind, version, check, warnings in [
        ("bigbluebutton", "3.0.19", "ok", []),
        ("scalelite", None, "unverified", ["version_unverified"]),
    ]:
        made = place.api.done("POST", "/service-providers", place.body(kind=kind), 201)
        assert made["active"] and made["provider_type"] == kind and made["service_type"] == "meet"
        assert made["properties"] == {
            "host_url": place.proxy.url,
            "api_url": f"{place.proxy.url}/bigbluebutton/api",
            "secret": None,
            "secret_set": True,
        }
        health = made["health"]
        assert health["state"] == "healthy" and health["warnings"] == warnings
        assert (health["version"], health["version_check"]) == (version, check)
        assert health["tls"]["valid"] and health["tls"]["issuer"] == authority.name and health["tls"]["not_after"]
        assert place.shown(made)["properties"] == made["properties"]
    # By its name as well, which its certificate has too.
    named = place.body(url=f"https://localhost:{place.proxy.port}/bigbluebutton/")
    assert place.api.done("POST", "/service-providers", named, 201)["health"]["state"] == "healthy"


def test_a_certificate_that_is_not_valid_is_refused_with_its_reason(place, authority, stranger):
    cases = [
        ("expired", authority.leaf(begin=tls.days(-90), end=tls.days(-30))),
        ("not_yet_valid", authority.leaf(begin=tls.days(30), end=tls.days(90))),
        ("hostname_mismatch", authority.leaf(names="DNS:elsewhere.example")),
        ("self_signed", authority.self_signed()),
        ("untrusted_issuer", stranger.leaf()),
    ]
    for reason, leaf in cases:
        place.proxy.present(leaf)
        problem = place.api.refused("POST", "/service-providers", place.body(), "provider_tls_invalid")
        assert problem["reason"] == reason, problem
        assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [
            ("/properties/host_url", "provider_tls_invalid")
        ]
        assert "127.0.0.1" in problem["detail"] and problem["instance"] == "/api/v1/service-providers"
        trial = place.api.done("POST", "/service-providers/check", place.body())
        assert not trial["passed"] and trial["problem"]["reason"] == reason
        assert trial["health"]["tls"]["reason"] == reason
    # None was stored: there is what the installation made for itself.
    assert [each["provider_type"] for each in place.api.done("GET", "/service-providers")["data"]] == ["fleet"]
    place.proxy.present(authority.leaf())
    assert place.add()["active"]


def test_what_does_not_answer_as_it_should_is_refused(place):
    cases = [
        ("provider_secret_invalid", "/properties/secret", place.body(secret="not-the-secret")),
        ("provider_unreachable", "/properties/host_url", place.body(url=f"https://127.0.0.1:{free_port()}")),
        # It speaks no TLS.
        ("provider_unreachable", "/properties/host_url", place.body(url=f"https://127.0.0.1:{place.server.port}")),
    ]
    for code, pointer, body in cases:
        problem = place.api.refused("POST", "/service-providers", body, code)
        assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [(pointer, code)]
        assert "not-the-secret" not in str(problem)
    plain = place.body(url=f"http://127.0.0.1:{place.server.port}")
    problem = place.api.refused("POST", "/service-providers", plain, "validation_failed")
    assert [fault["code"] for fault in problem["errors"]] == ["provider_tls_required"]
    place.proxy.replace(b"3.0.19", b"2.5.19")
    problem = place.api.refused("POST", "/service-providers", place.body(), "provider_version_unsupported")
    assert "2.5.19" in problem["detail"] and "2.6" in problem["detail"]


def test_secrets_are_in_no_answer_no_log_and_no_file(place):
    made = place.add()
    new = "another-secret-of-the-host"
    path = f"/service-providers/{made['id']}"
    answers = [
        place.api.ask("PATCH", path, {"properties": {"secret": new}}),
        place.api.ask("PATCH", path, {"properties": {"secret": new}}, verify="false"),
        place.api.ask("POST", f"{path}/check"),
        place.api.ask("GET", path),
        place.api.ask("GET", "/service-providers"),
    ]
    assert [answer.status_code for answer in answers] == [422, 200, 200, 200, 200]
    assert answers[0].json()["code"] == "provider_secret_invalid"
    balancer = place.api.balancer
    written = [balancer.log.read_bytes()]
    written += [file.read_bytes() for file in balancer.directory.glob("plenary.sqlite*")]
    for secret in (new, place.server.secret, place.api.key):
        assert not any(secret in answer.text for answer in answers)
        assert not any(secret.encode() in octets for octets in written)


def test_a_provider_that_was_stored_unchecked_is_used_once_it_passes(place):
    place.proxy.stop()
    made = place.add(verify="false")
    assert not made["active"] and made["health"]["state"] == "unknown"
    place.proxy.start()
    eventually(lambda: place.shown(made)["active"], LONGEST_ROUNDS, "the provider is active")
    assert place.state(made) == "healthy"


def test_health_follows_the_host(place, authority):
    made = place.add()
    place.proxy.stop()
    # The rounds may have met it meanwhile: how often it failed is not ours alone to say.
    eventually(lambda: place.check(made)["health"]["state"] == "down", 30, "it is down once it was silent three times")
    assert place.shown(made)["active"], "what is down is not switched off"
    down = place.api.done("GET", "/service-providers", **{"filter[health.state]": "down"})
    # The fleet is down as well: it has no servers.
    assert {each["provider_type"] for each in down["data"] if each["id"] != made["id"]} <= {"fleet"}
    assert made["id"] in [each["id"] for each in down["data"]]
    place.proxy.start()
    eventually(lambda: place.state(made) == "healthy", LONGEST_ROUNDS, "the rounds find it again")

    # A certificate that is wrong takes it down at once: asking again would give the same.
    place.proxy.present(authority.leaf(begin=tls.days(-90), end=tls.days(-30)))
    health = place.check(made)["health"]
    assert health["state"] == "down" and not health["tls"]["valid"] and health["tls"]["reason"] == "expired"
    # One that ends soon is a warning.
    place.proxy.present(authority.leaf(end=tls.days(5)))
    eventually(lambda: place.check(made)["health"]["state"] == "degraded", 30, "it answers again")
    health = place.shown(made)["health"]
    assert health["warnings"] == ["tls_expires_soon"] and health["tls"]["valid"]
