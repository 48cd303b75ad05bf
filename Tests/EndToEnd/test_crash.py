"""`kill -9` of `serve` among concurrent creates: what was acknowledged stays, nothing runs twice, nothing hangs in the air.

PLENARY_CRASH_ROUNDS (10) and PLENARY_CRASH_SEED choose how often and which moments."""

from __future__ import annotations

import os
import random
import threading
from dataclasses import dataclass, field

import requests

from harness import Fleet, eventually, fresh

ROUNDS = int(os.environ.get("PLENARY_CRASH_ROUNDS") or 10)
SEED = int(os.environ.get("PLENARY_CRASH_SEED") or 20_260_101)
CLIENTS = 8
# Meetings of earlier rounds are ended beyond this, so that a long run stays as fast as a short one.
KEPT = 400


@dataclass
class Ledger:
    """What the clients were told."""

    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)
    attempted: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, meeting_id: str, told: tuple[str, str]) -> None:
        with self.changed:
            before = self.acknowledged.setdefault(meeting_id, told)
            self.changed.notify_all()
        assert before == told, f"{meeting_id} was acknowledged as {before} and as {told}"

    def wait_for(self, count: int, within: float) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.acknowledged) >= count, within), "too few creates succeed"


def create_until_the_end(fleet: Fleet, ledger: Ledger, worker: int, shared: list[str], rng: random.Random) -> None:
    """Creates one meeting after another; some ids are also created by others. Ends when the balancer does."""
    for _ in range(10_000):
        meeting_id = rng.choice(shared) if rng.random() < 0.2 else fresh(f"crash-{worker}")
        with ledger.changed:
            ledger.attempted.add(meeting_id)
        try:
            answer = fleet.client.create(meeting_id)
        except requests.RequestException:
            return
        answer.as_api()
        if answer.is_success:
            ledger.note(meeting_id, (answer.text("internalMeetingID"), answer.text("createTime")))
        else:
            with ledger.changed:
                ledger.refused.append(f"{meeting_id}: {answer.key}")
    raise AssertionError("serve was never killed")


def crash_among_creates(fleet: Fleet, ledger: Ledger, rng: random.Random) -> None:
    """Lets the clients work and kills `serve` at a random moment."""
    shared = [fresh("crash-shared") for _ in range(4)]
    failures: list[BaseException] = []

    def work(worker: int, seed: int) -> None:
        try:
            create_until_the_end(fleet, ledger, worker, shared, random.Random(seed))
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work, args=(number, rng.random())) for number in range(CLIENTS)]
    for worker in workers:
        worker.start()
    try:
        ledger.wait_for(len(ledger.acknowledged) + rng.randrange(1, 40), within=30)
        # Between any two steps of a create: the moment is the point, nothing is waited for.
        threading.Event().wait(rng.uniform(0, 0.05))
    finally:
        fleet.balancer.process.kill()
        for worker in workers:
            worker.join(60)
    assert not failures, failures


def check(fleet: Fleet, ledger: Ledger, lost: set[str]) -> None:
    """Servers, balancer and clients agree."""
    truth = fleet.truth()
    for meeting_id, (internal, created) in ledger.acknowledged.items():
        if meeting_id in lost:
            continue
        assert meeting_id in truth, f"{meeting_id} was acknowledged and is on no server"
        assert truth[meeting_id][1] == internal, f"{meeting_id} was acknowledged as {internal}, runs as {truth[meeting_id]}"
        server = next(server for server in fleet.servers if server.name == truth[meeting_id][0])
        assert str(server.meetings()[meeting_id]["createTime"]) == created, meeting_id
    assert fleet.balancer.known() == truth
    assert fleet.client.listed() == {meeting_id: internal for meeting_id, (_, internal) in truth.items()}


def agree(fleet: Fleet, ledger: Ledger, ended: set[str]) -> bool:
    check(fleet, ledger, ended)
    return True


def test_kill_9_among_creates_loses_and_doubles_nothing(start_fleet):
    rng = random.Random(SEED)
    fleet = start_fleet(3)
    ledger = Ledger()
    ended: set[str] = set()
    interrupted = 0
    for number in range(ROUNDS):
        # Servers that answer late stretch the moments between the steps of a create, once after and once before the work.
        for server in fleet.servers:
            server.heal()
            if number % 3 == 1:
                server.fault("slow", call="create", when="after", seconds=0.05)
            elif number % 3 == 2:
                server.fault("slow", call="create", when="before", seconds=0.05)
        crash_among_creates(fleet, ledger, rng)
        interrupted += fleet.balancer.status()["unsettled"]
        fleet.balancer.serve()
        fleet.balancer.settled(within=10)
        # What a server did after the first poll asked it is seen by the next one.
        eventually(lambda: agree(fleet, ledger, ended), 10, f"round {number}: servers, balancer and clients agree")
        for server in fleet.servers:
            server.heal()
        for meeting_id in list(fleet.truth())[:-KEPT]:
            fleet.client.end(meeting_id).succeeded()
            ended.add(meeting_id)
    print(
        f"seed {SEED}: {ROUNDS} rounds, {len(ledger.attempted)} ids created, {len(ledger.acknowledged)} acknowledged, "
        f"{interrupted} interrupted, {len(ledger.refused)} refused: {ledger.refused[:3]}"
    )
    assert ledger.acknowledged and (ROUNDS < 10 or interrupted), "no create was interrupted: this tested nothing"
    # Every one of them can be used: a client that was cut off just creates again.
    for meeting_id in sorted(ledger.attempted - ended)[-20:]:
        again = fleet.client.create(meeting_id).succeeded()
        if meeting_id in ledger.acknowledged:
            assert again.key == "duplicateWarning"
            assert again.text("internalMeetingID") == ledger.acknowledged[meeting_id][0]
    fleet.truth()
