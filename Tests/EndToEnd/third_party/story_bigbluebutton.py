"""bigbluebutton 0.6 and its fork bigbluebutton-api 0.8, which has put the two classes together."""

from types import SimpleNamespace
from xml.etree import ElementTree

import bigbluebutton
import bigbluebutton.utils

from stage import Stage, public


class OldElement(ElementTree.Element):
    """Both ask elements for `getchildren`, which Python 3.9 took away. With it again their parsers have their say."""

    def getchildren(self):
        return list(self)


def from_string(text):
    return ElementTree.fromstring(text, ElementTree.XMLParser(target=ElementTree.TreeBuilder(OldElement)))


bigbluebutton.utils.ET = SimpleNamespace(fromstring=from_string)
stage = Stage()
api = stage.api + "/"
first, second, third = stage.recordings
is_fork = hasattr(bigbluebutton, "BigBlueButton")
bbb = (bigbluebutton.BigBlueButton if is_fork else bigbluebutton.Meeting)(api, stage.secret)
settings = {
    "attendee_password": "ap", "moderator_password": "mp", "logout_url": "http://127.0.0.1/bye?a=1", "duration": 90,
    "max_participants": 20, "welcome": "Hello & <b>welcome</b>", "moderator_only_message": "psst", "record": True,
    "dial_number": "613-555-1234", "meta": "nothing", "auto_start_recording": False,
}  # fmt: skip


def create(meeting: str, name: str, **given) -> None:
    if is_fork:
        stage.tell(bbb.create_meeting, meeting, name, **given)
    else:
        stage.tell(bigbluebutton.MeetingSetup(api, stage.secret, name, meeting, **given).create_meeting)


create("story ünïcode & <1>", "Größe & <Maß>", **settings)
create("story ünïcode & <1>", "Größe & <Maß>", **settings)
create("story ünïcode & <1>", "Other", moderator_password="other")
create("story-slides", "Slides", pre_upload_slide=stage.root + "/slides.pdf", moderator_password="mp")
create("story-nameless", "")
if is_fork:
    more = {"meta_origin": "a & b", "guestPolicy": "ASK_MODERATOR"}
    create("story-options", "Options", moderator_password="mp", options=more)
running = bbb.is_meeting_running if is_fork else bbb.is_running
join = bbb.join_meeting_url if is_fork else bbb.join_url
for meeting, password in (("scene-full", "mp"), ("scene-full", "wrong"), ("story-unknown", "ap")):
    stage.tell_page("page", stage.tell(join, meeting, "Ada & Co", password))
if is_fork:
    stage.tell_page("page", stage.tell(join, "scene-full", "Zoë", "ap", {"userID": "u-zoe", "redirect": "false"}))
for meeting in ("scene-full", "scene-empty", "story ünïcode & <1>", "story-unknown"):
    stage.tell(running, meeting)
    stage.tell(bbb.meeting_info, meeting, "mp")
stage.tell(bbb.get_meetings)

stage.tell(bbb.get_recordings, "scene-recorded-1")
stage.tell(bbb.get_recordings, "scene-recorded-1,scene-recorded-3")
stage.tell(bbb.get_recordings, "")
stage.tell(bbb.get_recordings, "story-unknown")
# Both fail before they ask anybody: the parameters are no pairs.
stage.tell(bbb.publish_recordings, first, True)
stage.tell(bbb.delete_recordings, third)

stage.tell_page("end", stage.tell(bbb.end_meeting_url, "story-slides", "mp"))
stage.tell(bbb.end_meeting, "story ünïcode & <1>", "mp")
stage.tell(bbb.end_meeting, "story-unknown", "mp")
stage.tell(bbb.meeting_info, "story ünïcode & <1>", "mp")
stage.tell(bbb.get_meetings)
stage.tell(type(bbb)(api, "wrong").get_meetings)
stage.end(public(bbb) | {"create_meeting"})
