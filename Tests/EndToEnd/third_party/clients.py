"""The clients of BigBlueButton's API on PyPI that install and can be imported with Python 3.11, as of November 2026,
each with all that it needs, pinned. Each lives in a virtual environment of its own: three of them are a package
`bigbluebutton`, two a package `bigbluebutton_api_python`, and of others they want versions that exclude each other.

Left out, with the reason:

- bbblb: a balancer, not a client; it wants a newer Python.
- infrablue: a site in Django that calls through bigbluebutton2.
- videowiki-bbb, videowiki-bigbluebutton, videowiki-room-bbb, vw-bbb, vw-bigblueb, wiki-bigbluebutton and
  vdeowiki-bigbluebutton do not install: they pin backports.zoneinfo, which does not build with Python 3.11.
- smallblueclient: plays the browser behind a join, speaks GraphQL with the server and never the API.
- bbb-dl, bbb-dlc, bbbdl, bbb-scrape, ianes-bbb-dl: fetch the files of a recording's page; no call of the API.
- scalelite: runs Scalelite's own commands in a shell.
- bbbtest: nothing in it."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REQUESTS = ("requests==2.34.2", "certifi==2026.10.18", "charset-normalizer==3.5.2", "idna==3.20", "urllib3==2.8.0")


@dataclass(frozen=True)
class Client:
    # As PyPI has it, with its version; then all that it needs.
    requirement: str
    needs: tuple[str, ...]
    story: str

    @property
    def name(self) -> str:
        return self.requirement.partition("==")[0]

    def python(self, under: Path) -> str:
        """The interpreter of its environment, which is made again when a version above changes."""
        under.mkdir(parents=True, exist_ok=True)
        home = under / self.name
        wanted = "\n".join((sys.version, self.requirement, *self.needs))
        python, stamp = home / "bin" / "python", home / ".requirements"
        # Another run of the tests may be at it too.
        with (under / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (stamp.exists() and stamp.read_text() == wanted):
                make = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)]
                pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
                # Nothing is looked for: what is missing above would be missed by the story.
                install = [*pip, "install", "--quiet", "--no-deps", "--no-compile", self.requirement, *self.needs]
                for command in (make, install):
                    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
                    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
                stamp.write_text(wanted)
        return str(python)


CLIENTS = (
    # Does not say that it needs aiofiles.
    Client(
        "asyncbbb==0.1.0",
        ("aiofiles==25.1.0", "anyio==4.16.0", "certifi==2026.10.18", "h11==0.14.0", "httpcore==0.16.3", "httpx==0.23.3",
         "idna==3.20", "python-xml2dict==0.1.1", "rfc3986==1.5.0", "sniffio==1.3.1", "typing_extensions==4.16.0"),
        "story_asyncbbb.py",
    ),
    # Does not say that it needs pkg_resources.
    Client(
        "bbb-client==0.3.1",
        (*REQUESTS, "click==8.5.1", "defusedxml==0.7.1", "untangle==1.3.0", "setuptools==80.9.0"),
        "story_bbb_client.py",
    ),
    # The browsers that it steers are left out.
    Client("bbb-selenium-exporter==0.1.1", REQUESTS, "story_bbb_selenium_exporter.py"),
    Client("bbbctl==0.5.1", (), "story_bbbctl.py"),
    Client("bbbmeetings==0.1.5", (*REQUESTS, "xmltodict==0.12.0"), "story_bbbmeetings.py"),
    Client("bbbmon==0.1.33", (*REQUESTS, "click==7.1.2", "click-help-colors==0.8.1"), "story_bbbmon.py"),
    Client("bigbluebutton==0.6.0", REQUESTS, "story_bigbluebutton.py"),
    Client("bigbluebutton-api==0.8.2", REQUESTS, "story_bigbluebutton.py"),
    Client("bigbluebutton-api-python==0.0.11", ("jxmlease==1.0.3",), "story_bigbluebutton_api_python.py"),
    Client("bigbluebutton-api-python-medad==0.0.17", ("jxmlease==1.0.3",), "story_bigbluebutton_api_python.py"),
    # Cannot be imported without Django, nor with one over 3.
    Client(
        "bigbluebutton2==0.1a10",
        (*REQUESTS, "click==8.5.1", "click-log==0.4.0", "defusedxml==0.7.1", "inflection==0.5.1", "xmltodict==0.13.0",
         "tabulate==0.9.0", "toml==0.10.2", "Django==3.2.25", "asgiref==3.8.1", "pytz==2026.6", "sqlparse==0.5.3"),
        "story_bigbluebutton2.py",
    ),
    # Cannot be imported with a newer xmltodict.
    Client("bigbluepy==0.1.8", (*REQUESTS, "packaging==26.3", "xmltodict==0.12.0"), "story_bigbluepy.py"),
    # Cannot be imported with Django 4.
    Client(
        "django-bigbluebutton==0.5.9",
        (*REQUESTS, "Django==3.2.25", "asgiref==3.8.1", "pytz==2026.6", "sqlparse==0.5.3"),
        "story_django_bigbluebutton.py",
    ),
    Client("python-sage-bbb==0.1.3", REQUESTS, "story_python_sage_bbb.py"),
)  # fmt: skip
