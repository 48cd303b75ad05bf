"""What a participant sees in a browser: a meeting that is moved or ends, a button, and where it leads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from selenium.webdriver.common.by import By

from browser import NAME, Browser, new_browser  # noqa: F401
from harness import Fleet, Simulator, eventually, fresh

FAST = {"PLENARY_POLL_INTERVAL": "500ms"}


def link(fleet: Fleet, meeting_id: str, name: str = NAME, password: str = "ap", **parameters: str) -> str:
    return fleet.client.url("join", fullName=name, meetingID=meeting_id, password=password, **parameters)


def elsewhere(fleet: Fleet, server: Simulator) -> Simulator:
    return next(other for other in fleet.servers if other is not server)


# ---------------------------------------------------------------------------------------------------- a move


def test_a_participant_of_a_moved_meeting_presses_ok_and_is_back_in_it(start_fleet, new_browser):
    fleet, browser, other = start_fleet(2, **FAST), new_browser("ada"), new_browser("grace")
    meeting_id, room = fresh("room"), "Größe & <Maß>"
    fleet.client.create(meeting_id, name=room, logoutURL="https://example.invalid/never").succeeded()
    old = fleet.holder(meeting_id)
    new = elsewhere(fleet, old)
    browser.open(link(fleet, meeting_id))
    assert browser.is_in(old, room) and old.meetings()[meeting_id]["participants"] == 1
    other.open(link(fleet, meeting_id, "Grace", "mp", logoutURL="https://example.invalid/neither"))
    assert other.is_in(old, room, "Grace")
    browser.picture("1 in the meeting")

    fleet.client.call("move", meetingID=meeting_id, serverID=new.name).succeeded()
    eventually(browser.has_ended, 5, "the page says that the meeting has ended")
    browser.picture("2 has ended")
    browser.press_ok()
    eventually(lambda: browser.is_in(new, room), 10, "the browser is in the meeting on its new server")
    browser.picture("3 in the meeting again")
    assert browser.url.startswith(f"http://127.0.0.1:{new.port}/html5client/")
    assert new.meetings()[meeting_id]["participants"] == 1
    # Somebody else comes later, as the moderator that she was.
    eventually(other.has_ended, 5, "the other page says so too")
    other.press_ok()
    eventually(lambda: other.is_in(new, room, "Grace"), 10, "the other browser is there too")
    roles = {user.findtext("fullName"): user.findtext("role") for user in
             fleet.client.info(meeting_id).succeeded().xml.findall("attendees/attendee")}  # fmt: skip
    assert roles == {NAME: "VIEWER", "Grace": "MODERATOR"}

    # And back, without a word of where to; the cookie was made anew on the way.
    fleet.balancer.restart()
    fleet.client.call("move", meetingID=meeting_id).succeeded()
    eventually(browser.has_ended, 5, "it has ended once more")
    browser.press_ok()
    eventually(lambda: browser.is_in(old, room), 10, "the browser is back")
    # What was moved twice since somebody was there.
    fleet.client.call("move", meetingID=meeting_id).succeeded()
    eventually(other.has_ended, 5, "the other page says so")
    other.press_ok()
    eventually(lambda: other.is_in(new, room, "Grace"), 10, "two moves are followed at once")


def test_who_comes_during_the_move_is_in_the_meeting_and_goes_along(start_fleet, new_browser):
    fleet, browser = start_fleet(2, **FAST), new_browser()
    fleet.client.create(meeting_id := fresh("during"), name="During").succeeded()
    old = fleet.holder(meeting_id)
    new = elsewhere(fleet, old)
    new.fault("slow", call="create", when="after", seconds=3)
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(lambda: fleet.client.call("move", meetingID=meeting_id))
        eventually(lambda: new.has(meeting_id), 10, "the move is under way")
        browser.open(link(fleet, meeting_id))
        assert browser.is_in(old, "During"), "until its new server has it the meeting is where it was"
        moving.result(20).succeeded()
    eventually(browser.has_ended, 5, "the page says that the meeting has ended")
    browser.press_ok()
    eventually(lambda: browser.is_in(new, "During"), 10, "OK leads to the new meeting")


def test_a_participant_of_a_dead_server_comes_back(start_fleet, new_browser):
    """The page of a dead server cannot ask any more; who opens the link again is in the new meeting."""
    fleet, browser = start_fleet(2, **FAST), new_browser()
    meeting_id = fresh("dead")
    created = fleet.client.create(meeting_id, name="Dead").succeeded()
    old = fleet.holder(meeting_id)
    url = link(fleet, meeting_id, createTime=created.text("createTime"))
    browser.open(url)
    assert browser.is_in(old, "Dead")
    old.kill()
    fleet.balancer.command("server", "panic", old.name)
    browser.open(url)
    assert browser.is_in(elsewhere(fleet, old), "Dead")


# ---------------------------------------------------------------------------------------------------- an end


def leave(fleet: Fleet, browser: Browser, meeting_id: str, **in_join: str) -> None:
    """Joins, sees the end of the meeting and presses OK."""
    browser.open(link(fleet, meeting_id, **in_join))
    assert browser.is_in(fleet.holder(meeting_id), "Room")
    fleet.client.end(meeting_id).succeeded()
    eventually(browser.has_ended, 5, "the page says that the meeting has ended")
    browser.press_ok()


def test_after_the_end_ok_leads_where_the_caller_wants(start_fleet, new_browser, receiver):
    fleet, browser = start_fleet(2, **FAST), new_browser()

    def arrives_at(target: str) -> None:
        eventually(lambda: browser.url == receiver.url(target), 10, f"the browser is at {target}")
        assert browser.words() == "You are somewhere else"

    bye = receiver.url("/bye?a=1&b=2")
    fleet.client.create(meeting_id := fresh("by-create"), name="Room", logoutURL=bye).succeeded()
    leave(fleet, browser, meeting_id)
    arrives_at("/bye?a=1&b=2")
    browser.picture("somewhere else")

    # What the join says counts more than what the create said.
    fleet.client.create(meeting_id := fresh("by-join"), name="Room", logoutURL=receiver.url("/bye")).succeeded()
    leave(fleet, browser, meeting_id, logoutURL=receiver.url("/joined?c=3"))
    arrives_at("/joined?c=3")

    address = receiver.url("/rooms/%%MEETINGID%%/bye")
    fleet.client.create(meeting_id := fresh("by-name") + " &ü", name="Room", logoutURL=address).succeeded()
    leave(fleet, browser, meeting_id)
    arrives_at(f"/rooms/{quote(meeting_id, safe='')}/bye")


@pytest.mark.parametrize("where", ["create", "join"])
def test_names_in_the_callers_address_are_filled_in(start_fleet, new_browser, receiver, where):
    fleet, browser = start_fleet(2, **FAST), new_browser()
    address = receiver.url("/bye?room=%%MEETINGID%%&user=%%USERID%%&name=%%USERNAME%%")
    given = {"logoutURL": address}
    meeting_id = fresh("names") + " ü & <x>"
    fleet.client.create(meeting_id, name="Room", **given if where == "create" else {}).succeeded()
    leave(fleet, browser, meeting_id, userID="u 7&ü", **given if where == "join" else {})
    eventually(lambda: browser.url.startswith(receiver.url("/bye")), 10, "the browser is at the caller's")
    (request,) = receiver.arrived("/bye")
    assert request.target.startswith(f"/bye?room={quote(meeting_id, safe='')}&")
    assert parse_qs(urlsplit(request.target).query) == {"room": [meeting_id], "user": ["u 7&ü"], "name": [NAME]}


def test_without_an_address_of_the_caller_there_is_a_page_of_ours(start_fleet, new_browser):
    fleet, browser = start_fleet(1, **FAST), new_browser()
    fleet.client.create(meeting_id := fresh("nowhere"), name="Room").succeeded()
    leave(fleet, browser, meeting_id)
    eventually(lambda: "You have left the meeting" in browser.words(), 10, "a page says what happened")
    assert browser.url.startswith(fleet.balancer.root)
    browser.picture("left")
    # Who opens the link again is told why it does not work any more.
    browser.open(link(fleet, meeting_id))
    assert browser.words().startswith("You could not join the meeting\nThis meeting does not exist, or it is over.")
    browser.picture("could not join")


def test_nobody_is_sent_elsewhere_by_a_forged_address(start_fleet, new_browser, receiver):
    fleet, browser = start_fleet(1, **FAST), new_browser()
    fleet.client.create(meeting_id := fresh("forged"), name="Room").succeeded()
    browser.open(link(fleet, meeting_id, logoutURL=receiver.url("/mine")))
    ours = browser.driver.find_element(By.ID, "ok").get_attribute("data-url")
    assert ours.startswith(f"{fleet.balancer.root}/bigbluebutton/api/rejoin?")
    fleet.client.end(meeting_id).succeeded()
    parts = dict(part.split("=", 1) for part in urlsplit(ours).query.split("&"))
    evil, wrong = quote(receiver.url("/evil")), "0" * 32
    for change in ({"logout": evil}, {"key": wrong}, {"sign": wrong}, {"meetingID": "99"}):
        query = "&".join(f"{name}={value}" for name, value in (parts | change).items())
        browser.open(f"{fleet.balancer.root}/bigbluebutton/api/rejoin?{query}")
        assert "You have left the meeting" in browser.words(), change
    assert receiver.arrived() == []
    browser.open(ours)
    assert browser.url == receiver.url("/mine")
