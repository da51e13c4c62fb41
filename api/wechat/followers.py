"""Who follows the account, and how many messages they allowed.

An openid that nobody told us of counts as following: files bring openids of followers, and WeChat's
own refusal (43004) corrects it at the first message. Knows no HTTP.
"""

from datetime import datetime

from sqlmodel import Session

from api.core.crypto import Vault
from api.wechat.repository import account as repository
from api.wechat.repository.account import Openid

KIND = "wechat"


def known_as(vault: Vault, openid: str) -> Openid:
    """An openid as the tables know it."""
    return Openid(vault.lookup_hash(KIND, openid), vault.encrypt(openid))


def note_follow(session: Session, who: Openid, scene: str | None, at: datetime) -> None:
    """Somebody follows, perhaps since they were at the code of a branch."""
    branch = repository.branch_of_scene(session, scene) if scene else None
    repository.note_following(session, who, following=True, branch_id=branch, at=at)


def note_unfollow(session: Session, who: Openid, at: datetime) -> None:
    """Somebody follows no more, or takes no messages: other channels remain."""
    repository.note_following(session, who, following=False, branch_id=None, at=at)
