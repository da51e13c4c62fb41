"""The poster of a printed code: brand, branch, question, the code, and its address in words.

The PDF is made in a process of its own with a time limit, so that a document never stalls the web
process; finished ones are kept for a while.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlmodel import Session

from api.core.languages import LANGUAGES, Language, say, spoken
from api.points import repository
from api.points.errors import NoFont, NotPrinted, NotReady
from api.points.repository import Point

Paper = Literal["A5", "A6"]
PATIENCE = 60.0  # seconds, on a machine that is busy
QUIET_ZONE = 4  # modules
_TOGETHER = threading.BoundedSemaphore(2)
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "XDG_CACHE_HOME",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
)  # no secrets
_ROOT = Path(__file__).resolve().parents[2]
_POSTER = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
).get_template("poster.html")


def address_of(point: Point, public_url: str) -> str:
    """What the code leads to; raises NotReady while WeChat has not said it."""
    if point.kind != "wechat":
        return f"{public_url.rstrip('/')}/q/{point.code}"
    if point.wechat_url is None:
        raise NotReady
    return point.wechat_url


def code_svg(address: str) -> str:
    """The QR code as a drawing of lines, one module a unit."""
    drawn: str = segno.make_qr(address, error="m").svg_inline(
        border=QUIET_ZONE, omitsize=True, svgclass="code", lineclass=None
    )
    return drawn


def code_picture(address: str) -> str:
    """The same as an address that an image shows."""
    picture: str = segno.make_qr(address, error="m").svg_data_uri(border=QUIET_ZONE, omitsize=True)
    return picture


def poster_html(
    session: Session, point: Point, public_url: str, *, paper: Paper, language: str
) -> str:
    """The poster as a document; ``language`` is ``zh``, ``en`` or ``both``."""
    address = address_of(point, public_url)
    names = repository.names_of(session, point.branch_id, point.created_at.date())
    languages: Sequence[Language] = LANGUAGES if language == "both" else (spoken(language),)
    first = languages[0]
    return _POSTER.render(
        paper=paper,
        language="en" if first == "en" else "zh-CN",
        brand=names.brand_en if first == "en" else names.brand_zh,
        branch=[names.branch_en if one == "en" else names.branch_zh for one in languages],
        words=[
            {
                "heading": say("points.poster.heading", one),
                "how": say(f"points.poster.how_{_way(point)}", one),
                "about": point.occasion_en if one == "en" else point.occasion_zh,
            }
            for one in languages
        ],
        label=point.label,
        code=Markup(code_svg(address)),
        address=None if point.kind == "wechat" else address.partition("://")[2],
    )


def poster_pdf(html: str) -> bytes:
    """The document as a PDF; raises NotPrinted when it takes too long, NoFont when one lacks."""
    return _printed(html)


@lru_cache(maxsize=32)
def _printed(html: str) -> bytes:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = str(_ROOT)
    command = [sys.executable, "-m", "api.points.printing"]
    with _TOGETHER:
        try:
            done = subprocess.run(
                command, input=html.encode(), capture_output=True, timeout=PATIENCE,
                env=environment, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise NotPrinted from error
    if done.returncode == NoFont.exit_code:
        raise NoFont
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise NotPrinted
    return done.stdout


def _way(point: Point) -> str:
    return "wechat" if point.kind == "wechat" else "phone"
