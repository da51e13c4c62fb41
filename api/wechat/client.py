"""The official account's HTTP API, as far as we use it. Says what was answered, decides nothing.

Which host is called is a setting. A refusal carries WeChat's own code; a call that was certainly
never made is told apart from one without an answer. Never repeats a call; logs nothing, since
addresses hold the access token.
"""

import logging
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.core.settings import Settings

TIMEOUT = 10.0  # seconds; far below the lease of a claim
SCENE = "QR_LIMIT_STR_SCENE"  # a code that never ends, with a text of up to 64 characters
logging.getLogger("httpx").setLevel(logging.WARNING)  # logs whole addresses at INFO


class WechatRefusal(Exception):
    """WeChat answered with an error code: what was asked for did not happen."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class NotReached(Exception):
    """The call certainly never got through."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class NoAnswer(Exception):
    """The call was made, and nobody knows what came of it."""

    def __init__(self, code: str = "no_answer") -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What WeChat gives for the account's secret, and for how many seconds it holds."""

    value: str = field(repr=False)
    expires_in: int


class WechatApi:
    """One account at one address."""

    def __init__(self, settings: Settings) -> None:
        secret, base = settings.wechat_secret, settings.wechat_base_url
        if settings.wechat_app_id is None or secret is None or base is None:
            raise ValueError("WeChat is not configured")
        self._app_id = settings.wechat_app_id
        self._secret = secret.get_secret_value()
        self._client = httpx.Client(base_url=base.rstrip("/"), timeout=TIMEOUT, trust_env=False)
        weakref.finalize(self, self._client.close)  # of a sender that gave way in its cache

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def fetch_token(self) -> AccessToken:
        """The account's token; asked again within its life, WeChat gives the same one."""
        asked = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret,
            "force_refresh": False,
        }
        answer = self._call("POST", "/cgi-bin/stable_token", json=asked)
        try:
            return AccessToken(str(answer["access_token"]), int(answer["expires_in"]))
        except (KeyError, TypeError, ValueError):
            raise NoAnswer("unreadable_token") from None

    def post(self, place: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a call that needs the access token; raises WechatRefusal for a code."""
        return self._call("POST", place, params={"access_token": token}, json=body)

    def create_code(self, scene: str, token: str) -> str:
        """The address that a lasting QR code with ``scene`` in it leads to."""
        wanted = {"action_name": SCENE, "action_info": {"scene": {"scene_str": scene}}}
        return str(self.post("/cgi-bin/qrcode/create", token, wanted)["url"])

    def openid_of(self, code: str) -> str:
        """Who came back from WeChat's page with ``code``, which is good for one question."""
        asked = {
            "appid": self._app_id,
            "secret": self._secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        return str(self._call("GET", "/sns/oauth2/access_token", params=asked).get("openid", ""))

    def _call(self, method: str, place: str, **asked: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, place, **asked)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotReached(type(error).__name__) from None
        except httpx.HTTPError:
            raise NoAnswer from None
        return _read(answer)


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer that is not a refusal."""
    if 300 <= answer.status_code < 500:  # not WeChat: a wrong address, a proxy
        raise NotReached(f"http_{answer.status_code}")
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code != 200 or not isinstance(said, dict):
        raise NoAnswer(f"http_{answer.status_code}")
    code = said.get("errcode", 0)
    if code != 0:
        raise WechatRefusal(code if isinstance(code, int) else 0)
    return said
