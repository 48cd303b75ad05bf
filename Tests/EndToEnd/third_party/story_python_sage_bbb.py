"""python-sage-bbb."""

from sage_bbb.services.client import BigBlueButtonClient

from stage import Stage, public

stage = Stage()
bbb = BigBlueButtonClient(stage.api + "/", stage.secret)
meetings, recordings, configurations = bbb.meetings, bbb.recordings, bbb.configurations
first, second, third = stage.recordings


def read(value):
    """The root call is the balancer's own: it says more than a server does."""
    if isinstance(value, dict) and "apiVersion" in value:
        return {name: value[name] for name in ("returncode", "version", "apiVersion")}
    return value


stage.read = read
stage.tell(bbb.check_connection)
settings = {"record": True, "voiceBridge": 710003, "welcome": "Hello & <b>welcome</b>", "meta_course-id": "7 & 8"}
stage.tell(meetings.create_meeting, "Größe & <Maß>", "story ünïcode & <1>", "ap", "mp", **settings)
stage.tell(meetings.create_meeting, "Größe & <Maß>", "story ünïcode & <1>", "ap", "mp", **settings)
stage.tell(meetings.create_meeting, "Other", "story ünïcode & <1>", "other", "passwords")
stage.tell(meetings.create_meeting, "", "story-nameless", "ap", "mp")
joins = (("Ada", "scene-full", "mp"), ("Bob", "story-unknown", "ap"), ("Eve", "scene-full", "no"))
for name, meeting, password in joins:
    stage.tell_page("page", stage.tell(meetings.join_meeting, meeting, name, password, userID=f"u-{name}"))
stage.tell_page("page", stage.tell(meetings.join_meeting, "scene-full", "Zoë", "ap", redirect=False))
for meeting in ("scene-full", "scene-empty", "story ünïcode & <1>", "story-unknown"):
    stage.tell(meetings.is_meeting_running, meeting)
    stage.tell(meetings.get_meeting_info, meeting)
stage.tell(meetings.get_meetings)
stage.tell(meetings.get_meetings, {"meta_origin": "scene"})

stage.tell(recordings.get_recordings, "scene-recorded-1")
stage.tell(recordings.get_recordings, "scene-recorded-1", {"state": "unpublished"})
stage.tell(recordings.get_recordings, "story-unknown")
stage.tell(recordings.publish_recording, first, False)
stage.tell(recordings.publish_recording, first, True)
stage.tell(recordings.publish_recording, "unknown", True)
# It names a meeting where the call wants recordings.
stage.tell(recordings.update_recordings, "scene-recorded-1", {"meta_title": "New"})
stage.tell(recordings.update_recordings, "scene-recorded-1", {"meta_title": "New", "recordID": second})
# These two answer in JSON, which it cannot read, or get an argument too many from it.
stage.tell(recordings.get_recording_text_tracks, second)
stage.tell(recordings.put_recording_text_track, second, "WEBVTT")
stage.tell(recordings.delete_recording, third)
stage.tell(recordings.delete_recording, third)
stage.tell(recordings.get_recordings, "scene-recorded-3")

stage.tell_refused(configurations.get_default_config_xml)
stage.tell_refused(configurations.set_config_xml, "<config/>")
# Servers up to 2.3. What it sends them is no form.
stage.configure(configXML="true")
stage.tell(configurations.get_default_config_xml)
stage.tell(configurations.set_config_xml, "<config/>")

stage.tell(meetings.end_meeting, "story ünïcode & <1>", "mp")
stage.tell(meetings.end_meeting, "story-unknown", "mp")
stage.tell(meetings.get_meetings)
stage.tell(BigBlueButtonClient(stage.api + "/", "wrong").meetings.get_meetings)
inside = {"send_request", "parse_response"}
stage.end((public(bbb) | public(meetings) | public(recordings) | public(configurations)) - inside)
