"""Has WeChat make the QR codes that branches put up: one call for each, kept for ever.

Nothing personal leaves the house: a code holds only the point's own code as its scene.
"""

import logging
from functools import partial

from api.core.installation import Installation
from api.wechat.client import NoAnswer, NotReached, WechatApi, WechatRefusal
from api.wechat.repository import account
from api.wechat.tokens import SharedToken

LIMIT = 20
_log = logging.getLogger(__name__)


def make_wechat_codes(installation: Installation, limit: int = LIMIT) -> int:
    """Asks for codes that are not there yet; how many were made. Stops at the first failure."""
    settings = installation.settings
    if not settings.live_sending or settings.wechat_app_id is None:
        return 0
    api = WechatApi(settings)
    token = SharedToken(installation, api)
    made = 0
    try:
        while made < limit and _make_one(installation, api, token):
            made += 1
    except (WechatRefusal, NotReached, NoAnswer) as error:
        _log.warning("WeChat made no code: %s", error)
    finally:
        api.close()
    return made


def _make_one(installation: Installation, api: WechatApi, token: SharedToken) -> bool:
    """Makes the oldest code that is missing; False when none is, or somebody else is at it."""
    with installation.database.transaction() as session:
        found = account.points_without_url(session, 1)
        for point_id, scene in found:
            url = token.used_for(partial(api.create_code, scene))
            account.keep_url(session, point_id, url)
    return bool(found)
