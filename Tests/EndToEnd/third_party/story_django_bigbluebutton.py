"""django-bigbluebutton: its class for the API. The models around it call nothing else."""

from django.conf import settings

from stage import Stage, public

stage = Stage()
settings.configure(BBB_API_URL=stage.api + "/", BBB_SECRET_KEY=stage.secret, USE_I18N=False)

from django_bigbluebutton.bbb import BigBlueButton  # noqa: E402  (it reads the settings at once)

bbb = BigBlueButton()
# Nobody listens there. Lower ports the balancer does not call.
hook = "http://127.0.0.1:9009/hook?a=1&b=ü"
stage.tell(bbb.start, "Größe & <Maß>", "story ünïcode & <1>", welcome_text="Hello & <b>welcome</b>", record="true")
stage.tell(bbb.start, "Other", "story ünïcode & <1>", moderator_password="other")
stage.tell(bbb.start, "", "story-nameless")
for meeting, password in (("scene-full", "mp"), ("scene-full", "wrong"), ("story-unknown", "ap")):
    stage.tell_page("page", stage.tell(bbb.join_url, meeting, "Ada & Co", password, userID="u-ada"))
for meeting in ("scene-full", "scene-empty", "story ünïcode & <1>", "story-unknown"):
    stage.tell(bbb.is_running, meeting)
    stage.tell(bbb.meeting_info, meeting, "mp")
stage.tell(bbb.get_meetings)
for meeting in ("scene-recorded-1", "scene-recorded-1,scene-recorded-3", "", "story-unknown"):
    stage.tell(bbb.get_meeting_records, meeting)

stage.tell(bbb.get_hooks)
# It tells the first of them only, and servers list them in no order: one at a time. `None` is sent as a word.
for meeting in ("scene-full", None):
    made = stage.tell(bbb.create_hook, hook, meeting)
    stage.tell(bbb.create_hook, hook, meeting)
    stage.tell(bbb.get_hooks)
    stage.tell(bbb.destroy_hook, (made or {}).get("hook_id", "none"))
stage.tell(bbb.destroy_hook, "unknown")
stage.tell(bbb.get_hooks)

stage.tell(bbb.end_meeting, "story ünïcode & <1>", "mp")
stage.tell(bbb.end_meeting, "story-unknown", "mp")
stage.tell(bbb.get_meetings)
bbb.secret_key = "wrong"
stage.tell(bbb.get_meetings)
stage.tell(bbb.get_hooks)
stage.end(public(bbb) - {"api_call"})
