"""bigbluebutton-api-python, and its fork bigbluebutton-api-python-medad with one call more."""

from bigbluebutton_api_python import BigBlueButton
from bigbluebutton_api_python.parameters import BBBModule

from stage import Stage, public


def all_of(response):
    """What the client parsed, and what its accessors make of it."""
    if not hasattr(response, "rawXml"):
        return response
    raw = dict(response.rawXml)
    if raw.get("version"):
        # The root call is the balancer's own: it says more than a server does.
        raw = {name: raw[name] for name in ("returncode", "version", "apiVersion")}
    said = {}
    for name in dir(response):
        if name.startswith(("get_", "is_", "has_")) and name != "get_field":
            try:
                said[name] = things(getattr(response, name)())
            except KeyError:
                said[name] = "absent"
            except Exception as error:
                said[name] = f"raises {type(error).__name__}"
    return {"raw": raw, "said": said}


def things(value):
    """Objects with accessors, such as a recording."""
    if isinstance(value, list):
        return [things(entry) for entry in value]
    accessors = [name for name in dir(value) if name.startswith(("get_", "is_")) and name != "get_meta"]
    if isinstance(value, str) or not accessors:
        return value
    return {name: getattr(value, name)() for name in accessors}


stage = Stage()
stage.read = all_of
bbb = BigBlueButton(stage.api + "/", stage.secret)
first, second, third = stage.recordings
passwords = {"attendeePW": "ap", "moderatorPW": "mp"}

stage.tell(bbb.get_api_version)
stage.tell(bbb.get_meetings)
settings = {"name": "Größe & <Maß> 'x'", "voiceBridge": "710003", "record": True, "maxParticipants": 20, **passwords}
stage.tell(bbb.create_meeting, "story ünïcode & <1>", params=dict(settings), meta={"origin": "a & b", "course-id": "7"})
stage.tell(bbb.create_meeting, "story ünïcode & <1>", params=dict(settings), meta={"origin": "a & b"})
stage.tell(bbb.create_meeting, "story ünïcode & <1>", params={"name": "Other", "moderatorPW": "other"})
stage.tell(bbb.create_meeting, "story-made-up", params={"name": "Passwords are made up"})
stage.tell(bbb.create_meeting, "story-nameless", params={})
slides = BBBModule()
slides.add_slide(BBBModule.URL, stage.root + "/slides.pdf")
stage.tell(slides.add_slide, BBBModule.base64s, "aGVsbG8=", "hello.txt")
stage.tell(bbb.create_meeting, "story-slides", params={"name": "Slides", **passwords}, slides=slides)

for name, meeting, password in (
    ("Ada", "story ünïcode & <1>", "mp"),
    ("Grace & Co", "story ünïcode & <1>", "ap"),
    ("Nobody", "story-unknown", "ap"),
    ("Wrong", "story ünïcode & <1>", "wrong"),
):
    stage.tell_page("page", stage.tell(bbb.get_join_meeting_url, name, meeting, password, params={}))
for meeting in ("scene-full", "scene-empty", "story ünïcode & <1>", "story-unknown"):
    stage.tell(bbb.is_meeting_running, meeting)
    stage.tell(bbb.get_meeting_info, meeting)
stage.tell(bbb.get_meetings)

stage.tell(bbb.get_recordings, "scene-recorded-1")
stage.tell(bbb.get_recordings, "")
stage.tell(bbb.get_recordings, "story-unknown")
if "recording_id" in bbb.get_recordings.__code__.co_varnames:
    stage.tell(bbb.get_recordings, recording_id=f"{first},{third}", states=["published"])
    stage.tell(bbb.get_recordings, meta={"origin": "scene-2"})
    stage.tell(bbb.get_recordings, states=["nonsense"])
stage.tell(bbb.publish_recordings, first, False)
stage.tell(bbb.publish_recordings, f"{first},{second}", True)
stage.tell(bbb.publish_recordings, "unknown")
stage.tell(bbb.update_recordings, second, meta={"origin": "changed & more", "new": "ü"})
stage.tell(bbb.update_recordings, "unknown", meta={"origin": "changed"})
stage.tell(bbb.delete_recordings, third)
stage.tell(bbb.delete_recordings, "unknown")
stage.tell(bbb.get_recordings, "")

stage.tell_refused(bbb.get_default_config_xml)
stage.tell_refused(bbb.set_config_xml, "scene-full", "<config/>")
if hasattr(bbb, "get_attendance"):
    stage.tell_refused(bbb.get_attendance, "scene-full")
# Servers up to 2.3.
stage.configure(configXML="true")
stage.tell(bbb.get_default_config_xml)
# It signs twice, and only the second time in the way of this call: no server takes that.
stage.tell(bbb.set_config_xml, "scene-full", "<config><layout name='x'/></config>")
# Who does not know whose call it is cannot say that the meeting is unknown.
stage.tell_refused(bbb.set_config_xml, "story-unknown", "<config/>")

stage.tell(bbb.end_meeting, "story ünïcode & <1>", "mp")
stage.tell(bbb.end_meeting, "story-unknown", "mp")
stage.tell(bbb.get_meeting_info, "story ünïcode & <1>")
stage.tell(bbb.get_meetings)
wrong = BigBlueButton(stage.api + "/", "wrong")
stage.tell(wrong.get_meetings)
stage.tell(wrong.get_recordings, "scene-recorded-1")
stage.end(public(bbb))
