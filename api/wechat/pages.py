"""The HTML on which somebody binds a WeChat account. Pure: values in, a document out.

No script, nothing from another host; looks like the survey page, whose style it shares.
"""

import secrets
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.core.languages import Language, say

_FOLDER = Path(__file__).parent / "templates"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    auto_reload=False,
)
_STYLES = (
    files("api.responses").joinpath("templates/style.css"),
    files("api.wechat").joinpath("templates/field.css"),
)
_STYLE = Markup("".join(each.read_text(encoding="utf-8") for each in _STYLES).replace("\n", ""))


@dataclass(frozen=True, slots=True)
class Document:
    """A page with the nonce that its policy has to allow."""

    html: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What all these pages share: language, the network's name, where they lie."""

    language: Language
    brand: str
    base: str

    def address(self, place: str = "") -> str:
        """The address of a page, in the frame's language."""
        return f"{self.base}{place}?lang={self.language}"

    def switch(self, place: str) -> str:
        """The same page in the other language."""
        return f"{self.base}{place}?lang={'en' if self.language == 'zh' else 'zh'}"


def phone_page(
    frame: Frame, *, value: str = "", agreed: bool = False, wrong: str | None = None
) -> Document:
    """Asks for the phone; ``wrong`` names what was not right with it."""
    about_phone = wrong if wrong in ("wrong", "too_often") else None
    words = partial(_tell, frame.language)
    return _document(
        frame,
        "phone",
        heading=words("phone.heading"),
        switch=frame.switch("/phone"),
        action=frame.address("/phone"),
        value=value,
        agreed=agreed,
        error=words(f"phone.{about_phone}") if about_phone else None,
        agree_error=words("phone.agree_first") if wrong == "agree_first" else None,
    )


def code_page(frame: Frame, left: int | None = None) -> Document:
    """Asks for the code; ``left`` tries remain after a wrong one."""
    words = partial(_tell, frame.language)
    error = None
    if left is not None:
        error = words("code.wrong_1") if left == 1 else words("code.wrong_more", left=left)
    return _document(
        frame,
        "code",
        heading=words("code.heading"),
        switch=frame.switch("/code"),
        action=frame.address("/code"),
        back=frame.address("/phone"),
        error=error,
    )


def note_page(frame: Frame, what: str, *, again: str | None = None) -> Document:
    """A friendly note: the words under ``note.<what>``."""
    words = partial(_tell, frame.language)
    return _document(
        frame,
        "note",
        heading=words(f"note.{what}.heading"),
        text=words(f"note.{what}.text"),
        switch=None,
        done=what == "done",
        again=again,
    )


def _document(frame: Frame, template: str, **values: Any) -> Document:
    nonce = secrets.token_urlsafe(12)
    html = _ENVIRONMENT.get_template(f"{template}.html").render(
        language=frame.language,
        brand=frame.brand,
        t=partial(_tell, frame.language),
        nonce=nonce,
        style=_STYLE,
        **values,
    )
    return Document(html, nonce)


def _tell(language: Language, key: str, **params: Any) -> str:
    return say(f"wechat.{key}", language, **params)
