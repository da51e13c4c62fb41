"""Somebody opens a printed code: the first page, and from their first answers on a link as any.

Looking changes nothing. The first page that is sent makes an anonymous event, an invitation that
counts as sent, and a link to it; from there on the survey page does the rest.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import NotFound
from api.core.ids import new_id, new_token, token_hash
from api.core.languages import spoken
from api.points import repository
from api.points.repository import Begun, Point
from api.responses import service
from api.responses.queries import Asked, Names, Saved
from api.responses.service import Fields, Opened, Outcome, Submission
from api.security.hierarchy import current_hierarchy
from api.security.scope import Scope, open_scope
from api.surveys.definitions import validate_answers, without_hidden
from api.surveys.published import newest_survey_id, require_survey

DEFAULT_ZONE = "Asia/Shanghai"
# How long somebody may go on who has begun; a kiosk's next guest must not find the last one's.
LIFE = {"qr": timedelta(days=1), "kiosk": timedelta(minutes=10)}


@dataclass(frozen=True)
class Found:
    """A code that was opened, with its first page; ``closed`` when it is over."""

    point: Point
    opened: Opened | None
    language: str

    @property
    def closed(self) -> bool:
        """Nobody answers here any more."""
        return self.opened is None


@dataclass(frozen=True)
class Started:
    """The first page is saved: where it goes on."""

    token: str
    outcome: Outcome


def find(session: Session, code: str, now: datetime) -> Found | None:
    """What a code leads to; shows its one branch to the transaction. None: there is no such."""
    open_scope(session, Scope.whole_network(reason="a code itself says which branch it is of"))
    point = repository.point_with_code(session, code)
    if point is None or point.kind not in LIFE:
        return None
    open_scope(session, Scope.of({point.branch_id}))
    tree = current_hierarchy(session, now.date())
    language = tree.language(point.branch_id, "zh")
    node = tree.nodes.get(point.branch_id)
    over = node is None or (node.closed_on is not None and node.closed_on <= now.date())
    if point.closed_at is not None or over:
        return Found(point, None, language)
    day = now.astimezone(ZoneInfo(tree.timezone(point.branch_id, DEFAULT_ZONE))).date()
    return Found(point, _first(session, point, day, language), language)


def check(opened: Opened, fields: Fields) -> tuple[Opened, dict[str, str]]:
    """The first page with what was chosen, and what is wrong with it; stores nothing."""
    checked = validate_answers(opened.survey, 0, fields, earlier={})
    answers = without_hidden(opened.survey, checked.answers)
    shown = Opened(opened.state, opened.asked, opened.survey, Saved(answers=answers))
    return shown, dict(checked.errors)


def start(session: Session, found: Found, fields: Fields, language: str, now: datetime) -> Started:
    """Stores event, invitation and link, and saves the first page."""
    if found.opened is None:
        raise NotFound
    token = new_token(128)
    asked = found.opened.asked
    begun = Begun(
        point=found.point,
        version_id=asked.survey_version_id,
        day=asked.occurred_on,
        language=spoken(language),
        token_hash=token_hash(token),
        ends=now + LIFE[found.point.kind],
    )
    repository.begin(session, begun, now)
    sent = Submission(page=0, fields=fields, direction="next", wanted_language=language)
    outcome = service.submit(session.connection(), token_hash(token), sent, now)
    if outcome is None:
        raise NotFound
    return Started(token, outcome)


def _first(session: Session, point: Point, day: date, language: str) -> Opened:
    version = newest_survey_id(session, point.survey_code)
    if version is None:
        raise NotFound
    names = repository.names_of(session, point.branch_id, day)
    asked = Asked(
        id=new_id(),
        branch_id=point.branch_id,
        survey_version_id=version,
        person_id=None,
        contact_point_id=None,
        occurred_on=day,
        language=language,
        first_seen_at=None,
        answered_at=None,
        names_zh=Names(names.brand_zh, names.branch_zh, point.occasion_zh),
        names_en=Names(names.brand_en, names.branch_en, point.occasion_en),
        channel=point.kind,
        point=point.code,
    )
    return Opened("open", asked, require_survey(session, version), Saved())
