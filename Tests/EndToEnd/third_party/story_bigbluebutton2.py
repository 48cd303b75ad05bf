"""bigbluebutton2: the objects, the group that hands on calls, and its command line."""

import webbrowser

from bigbluebutton.api import Attendee, BigBlueButton, BigBlueButtonGroup, Meeting, Role
from bigbluebutton.cli import bbb as command

from stage import Stage, blocks, public

stage = Stage()


def told(value):
    """Meetings and attendees refer to each other: they have a form of their own for telling."""
    if isinstance(value, (Meeting, Attendee)):
        return {name: entry for name, entry in value.to_dict().items() if name != "meta"} | {
            "meta": getattr(value, "meta", None)
        }
    if isinstance(value, dict):
        return {key: told(entry) for key, entry in value.items()}
    return value


stage.read = told
group = BigBlueButtonGroup("group", origin="story", origin_server_name="story.invalid")
server = group.new("server", stage.api + "/", stage.secret)

# Of one server.
stage.tell(server.get_meetings)
stage.tell(server.get_meetings, {"origin": "scene"})
settings = {"meeting_name": "Größe & <Maß>", "attendee_pw": "ap", "moderator_pw": "mp", "voice_bridge": "710003"}
more = {"record": True, "duration": 90, "max_participants": 20, "welcome": "Hello & <b>welcome</b>"}
stage.tell(server.create_meeting, meeting_id="story ünïcode & <1>", meta={"course": "7"}, **settings, **more)
stage.tell(server.create_meeting, False, meeting_id="scene-full")
stage.tell(server.create_meeting, False, meeting_id="story-unknown")
stage.tell_as("refresh", server.get_meetings)

# Of a meeting.
meeting = server.meetings["story ünïcode & <1>"]
stage.tell_as("meeting.create", meeting.create)
stage.tell_as("meeting.is_meeting_running", meeting.is_meeting_running)
stage.tell_as("meeting.get_meeting_info", meeting.get_meeting_info)
unknown = Meeting(server, meeting_id="story-unknown")
stage.tell_as("meeting.is_meeting_running", unknown.is_meeting_running)
stage.tell_as("meeting.get_meeting_info", unknown.get_meeting_info)
stage.tell_as("meeting.end", unknown.end)
nameless = Meeting(server, meeting_id="story-nameless")
stage.tell_as("meeting.create", nameless.create)

# Of an attendee.
ada = Attendee(meeting, "Ada & Co", user_id="u-ada", role=Role.MODERATOR)
grace = Attendee(meeting, "Grace", role=Role.VIEWER)
stage.tell_page("page", stage.tell_as("attendee.join", ada.join, do_join=False))
# What a client that asks for no redirect gets is the page and the token on the server itself.
stage.tell_page("page", stage.tell_as("attendee.join", grace.join))
stage.tell_as("attendee", lambda: grace)
late = Attendee(meeting, "Late", role=Role.VIEWER)
stage.tell_page("page", stage.tell_as("attendee.join", late.join, do_create=True))
stage.tell_as("meeting.get_meeting_info", meeting.get_meeting_info)

# Of the group.
stage.tell_as("group.get_meetings", group.get_meetings)
stage.tell_as("group.get_meetings", group.get_meetings, {"course": "7"})
stage.tell_as("group.create_meeting", group.create_meeting, meeting_id="story-group", meeting_name="Group")
stage.tell_as("group.create_meeting", group.create_meeting, meeting_id="story-group", meeting_name="Group")
stage.tell_as("group.is_meeting_running", group.is_meeting_running, "story ünïcode & <1>")
stage.tell_as("group.is_meeting_running", group.is_meeting_running, "story-gone")
handle = group.handle_from_data
stage.tell(handle, "create", {"meetingID": "story-handled", "name": "Handled", "attendeePW": "ap", "moderatorPW": "mp"})
for call in ("join", "getMeetingInfo", "isMeetingRunning"):
    given = {"meetingID": "story-handled", "fullName": "Hana", "password": "ap", "redirect": "false"}
    stage.tell(handle, call, given if call == "join" else {"meetingID": "story-handled"})
stage.tell(handle, "getMeetings")
stage.tell(handle, "getRecordings")
stage.tell(handle, "end", {"meetingID": "story-handled", "password": "mp"})
stage.tell_as("group.end_meeting", group.end_meeting, "story-group")
stage.tell_as("group.end_meeting", group.end_meeting, "story-group")
stage.tell_as("meeting.end", meeting.end)
stage.tell_as("meeting.get_meeting_info", meeting.get_meeting_info)
stage.tell_as("group.refresh", group.refresh)
wrong = BigBlueButtonGroup("wrong").new("server", stage.api + "/", "wrong")
stage.tell(wrong.get_meetings)

# The command line.
opened: list[str] = []
webbrowser.open = opened.append
access = ("--url", stage.api + "/", "--secret", stage.secret)
for arguments in (
    ("meetings", "list"), ("meetings", "attendees"), ("meetings", "create", "--name", "From the command line"),
    ("meeting", "scene-full", "attendees"), ("meeting", "scene-empty", "attendees"),
    ("meeting", "scene-full", "join", "--full-name", "Carol & Co", "--role", "VIEWER"),
    ("meeting", "scene-full", "attendees"), ("servers", "list"),
):  # fmt: skip
    words = [word for word in arguments if word.isalpha()]
    stage.tell_command("bbb-cli " + " ".join(words[:2]), command, *access, *arguments, read=blocks)
for url in opened:
    stage.tell_page("page", url)
stage.tell_command("bbb-cli wrong", command, "--url", stage.api + "/", "--secret", "wrong", "meetings", "list")

# What goes over SSH, and what only turns values, is not the API.
elsewhere = {"ssh_command", "get_sysstat", "filter_meetings", "request_checksum"}
every = public(BigBlueButton) - elsewhere
every |= {f"group.{name}" for name in public(BigBlueButtonGroup)} - {f"group.{name}" for name in elsewhere} - {
    "group.new", "group.select_api", "group.generate_meeting_id", "group.handle_from_data",
}  # fmt: skip
every |= {"handle_from_data", "meeting.create", "meeting.end", "meeting.get_meeting_info", "attendee.join"}
every |= {f"bbb-cli {group} {name}" for group in command.commands for name in command.commands[group].commands}
stage.end(every - {"bbb-cli servers ssh"})
