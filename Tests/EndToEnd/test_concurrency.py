"""Fifty clients that create the same meeting at the same moment."""

from __future__ import annotations

from collections import Counter

import pytest

from harness import at_once, fresh

CLIENTS = 50


@pytest.mark.parametrize("round_", range(3))
def test_fifty_creates_of_one_meeting_make_one_meeting(start_fleet, round_):
    fleet = start_fleet(3)
    meeting_id = fresh("same")
    answers = at_once([lambda: fleet.client.create(meeting_id)] * CLIENTS)
    for answer in answers:
        answer.succeeded()
        assert answer.text("meetingID") == meeting_id
    assert len({answer.text("internalMeetingID") for answer in answers}) == 1
    assert len({answer.text("createTime") for answer in answers}) == 1
    assert Counter(answer.key for answer in answers) == {None: 1, "duplicateWarning": CLIENTS - 1}
    holder = fleet.holder(meeting_id)
    assert holder.meetings()[meeting_id]["internalMeetingID"] == answers[0].text("internalMeetingID")
    assert [server.calls("create") for server in fleet.servers if server is not holder] == [0, 0]
    assert fleet.client.listed() == {meeting_id: answers[0].text("internalMeetingID")}


def test_fifty_creates_with_different_passwords_make_one_meeting(start_fleet):
    fleet = start_fleet(3)
    meeting_id = fresh("passwords")
    answers = at_once(
        [
            lambda number=number: fleet.client.create(meeting_id, attendeePW=f"ap{number}", moderatorPW=f"mp{number}")
            for number in range(CLIENTS)
        ]
    )
    outcomes = Counter((answer.as_api().code, answer.key) for answer in answers)
    assert outcomes == {("SUCCESS", None): 1, ("FAILED", "idNotUnique"): CLIENTS - 1}
    winner = next(number for number, answer in enumerate(answers) if answer.is_success)
    assert fleet.holder(meeting_id)
    info = fleet.client.info(meeting_id).succeeded()
    assert info.text("attendeePW") == f"ap{winner}" and info.text("moderatorPW") == f"mp{winner}"


def test_creates_without_passwords_are_duplicates(start_fleet):
    fleet = start_fleet(2)
    meeting_id = fresh("bare")
    url = fleet.client.url("create", meetingID=meeting_id, name="Bare")
    answers = at_once([lambda: fleet.client.fetch(url)] * 20)
    assert Counter(answer.succeeded().key for answer in answers) == {None: 1, "duplicateWarning": 19}
    assert len({answer.text("moderatorPW") for answer in answers}) == 1
    assert fleet.holder(meeting_id)


def test_fifty_different_meetings_at_once_are_spread(start_fleet):
    fleet = start_fleet(3)
    answers = at_once([lambda: fleet.client.create(fresh("spread"))] * CLIENTS)
    assert all(answer.succeeded().key is None for answer in answers)
    counts = [len(server.meetings()) for server in fleet.servers]
    assert sum(counts) == CLIENTS
    # Each was placed before the next one: the differences are those of one meeting.
    assert max(counts) - min(counts) <= 1, counts


def test_create_end_and_create_again_leave_one_meeting(start_fleet):
    """Clients that create and end the same meeting over one another get answers of BigBlueButton, and one meeting at most."""
    fleet = start_fleet(2)
    meeting_id = fresh("fight")
    jobs = [lambda: fleet.client.create(meeting_id), lambda: fleet.client.end(meeting_id)] * 15
    for answer in at_once(jobs):
        answer.as_api(within=12)
        assert answer.is_success or answer.key == "notFound", answer.body
    assert len(fleet.holders(meeting_id)) <= 1
    fleet.client.create(meeting_id).succeeded()
    assert fleet.holder(meeting_id)
