"""Fixtures: every test gets servers, a balancer and a directory of its own, and leaves no process behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import harness  # noqa: E402
import house as houses  # noqa: E402
import receiver as receivers  # noqa: E402


def pytest_configure(config):
    # Nothing here leaves the machine, so no proxy may take it.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
    if not os.access(harness.BINARY, os.X_OK):
        raise pytest.UsageError(f"there is no {harness.BINARY}: run `swift build`, or set PLENARY_BINARY")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """What the processes of a failed test logged is part of its report."""
    report = yield
    directory = item.funcargs.get("tmp_path") if report.when == "call" and report.failed else None
    for log in sorted(directory.rglob("*.log")) if directory else []:
        # Databases of a browser, which are called logs too.
        if "profile" in log.parts:
            continue
        lines = log.read_text(errors="replace").splitlines()
        report.sections.append((f"end of {log.relative_to(directory)}", "\n".join(lines[-60:])))
    return report


@pytest.fixture
def start_simulator(tmp_path):
    """Starts a simulated server: `start_simulator("a")`."""
    started: list[harness.Simulator] = []

    def start(name: str) -> harness.Simulator:
        simulator = harness.Simulator(name, tmp_path, harness.clean_environment(tmp_path))
        started.append(simulator)
        return simulator.start()

    yield start
    for simulator in started:
        if simulator.process:
            simulator.process.discard()


@pytest.fixture
def new_balancer(tmp_path):
    """A balancer that is not started yet: `new_balancer(PLENARY_POLL_INTERVAL="1s")`."""
    made: list[harness.Balancer] = []

    def make(**settings: str) -> harness.Balancer:
        balancer = harness.Balancer(tmp_path / f"balancer{len(made)}", **settings)
        made.append(balancer)
        return balancer

    yield make
    for balancer in made:
        balancer.discard()


@pytest.fixture
def start_fleet(start_simulator, new_balancer):
    """A serving balancer over as many servers, called a, b, c...: `start_fleet(2)`."""

    def start(count: int, **settings: str) -> harness.Fleet:
        servers = [start_simulator(name) for name in "abcdefgh"[:count]]
        balancer = new_balancer(**settings)
        balancer.add(*servers)
        return harness.Fleet(balancer.serve(), servers)

    return start


@pytest.fixture
def receiver():
    """Somebody else's web server, to which callbacks go."""
    started = receivers.Receiver()
    yield started
    started.close()


@pytest.fixture(name="receivers")
def several_receivers():
    """Several of them."""
    started = [receivers.Receiver() for _ in range(4)]
    yield started
    for one in started:
        one.close()


@pytest.fixture(name="house")
def furnished_house(start_fleet, receivers):
    """One server with the default account and two more, which all have meetings of one id."""
    return houses.furnish(start_fleet, receivers[:3], ["alpha", "beta"])
