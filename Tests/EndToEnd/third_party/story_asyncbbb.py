"""asyncbbb. It needs aiofiles, which it does not ask for."""

import tempfile

from asyncbbb import BigBlueButton

from stage import Stage, public

stage = Stage()
bbb = BigBlueButton(f"{stage.root}/bigbluebutton", stage.secret)
first, second, third = stage.recordings


def read(value):
    """The root call is the balancer's own: it says more than a server does."""
    if isinstance(value, dict) and "apiVersion" in value:
        return {name: value[name] for name in ("returncode", "version", "apiVersion")}
    return value


stage.read = read
stage.tell(bbb.get_api_version)
settings = {
    "attendee_pw": "ap", "moderator_pw": "mp", "welcome": "Hello & <b>welcome</b>", "dial_number": "613-555-1234",
    "voice_bridge": "710003", "max_participants": "20", "logout_url": "http://127.0.0.1/bye?a=1&b=ü", "record": True,
    "duration": "90", "meta": {"origin": "a & b", "course-id": "7"}, "moderator_only_message": "psst",
    "allow_start_stop_recording": False, "mute_on_start": True, "guest_policy": "ASK_MODERATOR",
    "disabled_features": ["chat", "polls"], "allow_requests_without_session": True, "meeting_layout": "SMART_LAYOUT",
}  # fmt: skip
stage.tell(bbb.create, "Größe & <Maß>", "story ünïcode & <1>", **settings)
stage.tell(bbb.create, "Größe & <Maß>", "story ünïcode & <1>", **settings)
stage.tell(bbb.create, "Other", "story ünïcode & <1>", moderator_pw="other")
stage.tell(bbb.create, "Numbers", "story-numbers", duration=90)
stage.tell(bbb.create, "Breakout", "story-breakout", parent_meeting_id="scene-full", is_breakout=True, sequence="1")
stage.tell(bbb.create, "Orphan", "story-orphan", parent_meeting_id="story-unknown", is_breakout=True, sequence="1")
for meeting, role in (("scene-full", "MODERATOR"), ("scene-empty", "VIEWER")):
    stage.tell(bbb.join, full_name="Ada & Co", meeting_id=meeting, role=role, redirect=False, user_id="u-ada")
# Some versions redirect here all the same.
stage.tell_refused(bbb.join, full_name="Ada", meeting_id="story-unknown", role="VIEWER", redirect=False)
stage.tell(bbb.join, full_name="Ada", meeting_id="scene-full", password="wrong", role="", redirect=False)
stage.tell(bbb.join, full_name="Ada", meeting_id="scene-full", create_time="1", role="VIEWER", redirect=False)
stage.tell(bbb.join, full_name="Ada", meeting_id="scene-full", role="VIEWER")
for meeting in ("scene-full", "scene-empty", "story ünïcode & <1>", "story-unknown"):
    stage.tell(bbb.is_meeting_running, meeting_id=meeting)
    stage.tell(bbb.get_meeting_info, meeting_id=meeting)
stage.tell(bbb.get_meetings)
stage.tell(bbb.insert_document)

stage.tell(bbb.get_recordings)
stage.tell(bbb.get_recordings, meeting_id="scene-recorded-1")
stage.tell(bbb.get_recordings, record_id=[first, third])
stage.tell(bbb.get_recordings, state="unpublished")
stage.tell(bbb.get_recordings, meta={"origin": "scene-2"})
# Its publish asks for recordings.
stage.tell(bbb.publish_recordings, record_id=first, publish=False)
stage.tell(bbb.update_recordings, record_id=[first, second], meta={"origin": "changed & more", "new": "ü"})
stage.tell(bbb.update_recordings, record_id="unknown", meta={"origin": "changed"})
with tempfile.NamedTemporaryFile(suffix=".vtt") as file:
    file.write("WEBVTT\n\n00:01.000 --> 00:02.000\nGrüße\n".encode())
    file.flush()
    stage.tell(bbb.get_recording_text_tracks, second)
    stage.read = lambda value: value
    for record, kind, lang, label in (
        (second, "subtitles", "de", "Deutsch"), (second, "captions", "en_US", "English & more"),
        (second, "nonsense", "de", "x"),
        ("unknown", "captions", "de", ""),
    ):  # fmt: skip
        stage.tell_as(
            "put_recording_text_track", lambda *given: bbb.put_recording_text_track(*given, file.name),
            record, kind, lang, label,
        )  # fmt: skip
stage.tell(bbb.put_recording_text_track, second, "subtitles", "de", "x", "/nowhere.vtt")
stage.tell(bbb.get_recording_text_tracks, second)
stage.tell(bbb.get_recording_text_tracks, "unknown")
stage.tell(bbb.delete_recordings, record_id=[first, third])
stage.tell(bbb.delete_recordings, record_id="unknown")
stage.tell(bbb.get_recordings)
stage.tell(bbb.get_recordings, state="any")

stage.tell(bbb.end, meeting_id="story ünïcode & <1>")
stage.tell(bbb.end, meeting_id="story-unknown")
stage.tell(bbb.get_meetings)
wrong = BigBlueButton(f"{stage.root}/bigbluebutton", "wrong")
stage.tell(wrong.get_meetings)
stage.tell(wrong.get_recordings)
stage.tell(wrong.get_recording_text_tracks, second)
stage.end(public(BigBlueButton))
