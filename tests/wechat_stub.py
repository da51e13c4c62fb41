"""A stand-in for WeChat that keeps an account: tokens, followers, consents, messages, codes.

Behaves like the part of the API that we use, with WeChat's own error codes, and calls back signed,
in plain or encrypted form. The cipher is written here once more: ours is checked by another.
"""

import asyncio
import hashlib
import secrets
import threading
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

APP_ID, SECRET, TOKEN = "wx0000000000000001", "secret of the stub", "callback token of the stub"
AES_KEY = b64encode(hashlib.sha256(b"aes key of the stub").digest()).decode().rstrip("=")
AES_KEY = AES_KEY.translate(str.maketrans("+/", "ab"))  # letters and figures only


@dataclass
class WechatStub:
    """The state of the account."""

    followers: set[str] = field(default_factory=set)
    consents: Counter[tuple[str, str]] = field(default_factory=Counter)  # openid, template
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    answers: dict[str, int] = field(default_factory=dict)  # openid: error code
    templates: set[str] | None = None  # None: any
    fails_then: list[str] = field(default_factory=list)  # "drop", "keep", "busy": per call
    quota: int | None = None
    expires_in: int = 7200
    token_delay: float = 0.0
    token_error: int = 0
    scenes: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # OAuth code: openid
    visitor: str = "o-visitor"
    _tokens: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], int] = field(default_factory=dict)  # client_msg_id
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI()
        for method, place, work in (
            ("POST", "/cgi-bin/stable_token", self._stable_token),
            ("POST", "/cgi-bin/message/template/send", self._template),
            ("POST", "/cgi-bin/message/subscribe/bizsend", self._notification),
            ("POST", "/cgi-bin/qrcode/create", self._code),
            ("GET", "/connect/oauth2/authorize", self._authorize),
            ("GET", "/sns/oauth2/access_token", self._who),
        ):
            app.add_api_route(place, work, methods=[method])
        return app

    def expire_token(self) -> None:
        """The account's token holds no more."""
        self._tokens.append(f"token-{secrets.token_hex(8)}-of-somebody-else")

    async def _stable_token(self, request: Request) -> Response:
        asked = await request.json()
        self.calls["token"] += 1
        await asyncio.sleep(self.token_delay)
        if asked["appid"] != APP_ID or asked["secret"] != SECRET:
            return _errcode(40001)
        if self.token_error:
            return _errcode(self.token_error)
        if not self._tokens or self._tokens[-1].endswith("else"):
            self._tokens.append(f"token-{secrets.token_hex(8)}")
        return JSONResponse({"access_token": self._tokens[-1], "expires_in": self.expires_in})

    def _refused(self, request: Request) -> Response | None:
        given = request.query_params.get("access_token")
        if not self._tokens or given != self._tokens[-1]:
            return _errcode(42001 if given in self._tokens else 40001)
        if self.quota is not None:
            if self.quota == 0:
                return _errcode(45009)
            self.quota -= 1
        return None

    async def _template(self, request: Request) -> Response:
        said = await request.json()
        self.calls["template"] += 1
        if refused := self._refused(request):
            return refused
        openid = said["touser"]
        if obstacle := self._obstacle(openid, said["template_id"]):
            return _errcode(obstacle)
        trouble = self.fails_then.pop(0) if self.fails_then else ""
        if trouble == "busy":
            return _errcode(-1)
        msgid = 0 if trouble == "drop" else self._kept(openid, said)
        if trouble:
            return Response("bad gateway", 502)
        return JSONResponse({"errcode": 0, "errmsg": "ok", "msgid": msgid})

    def _obstacle(self, openid: str, template: str) -> int:
        if openid in self.answers:
            return self.answers[openid]
        if self.templates is not None and template not in self.templates:
            return 40037
        return 0 if openid in self.followers else 43004

    def _kept(self, openid: str, said: dict[str, Any]) -> int:
        """The message's id; the same for the same openid and ``client_msg_id``."""
        with self._lock:
            key = (openid, said["client_msg_id"])
            if key not in self._known:
                self._known[key] = 10_000 + len(self.messages)
                self.messages.append(said)
            return self._known[key]

    async def _notification(self, request: Request) -> Response:
        said = await request.json()
        self.calls["notification"] += 1
        if refused := self._refused(request):
            return refused
        if said["touser"] in self.answers:
            return _errcode(self.answers[said["touser"]])
        trouble = self.fails_then.pop(0) if self.fails_then else ""
        if trouble:
            return Response("bad gateway", 502)
        with self._lock:
            if self.consents[said["touser"], said["template_id"]] < 1:
                return _errcode(43101)
            self.consents[said["touser"], said["template_id"]] -= 1
            self.messages.append(said)
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    async def _code(self, request: Request) -> Response:
        said = await request.json()
        if refused := self._refused(request):
            return refused
        scene = said["action_info"]["scene"]["scene_str"]
        assert said["action_name"] == "QR_LIMIT_STR_SCENE"
        self.scenes.append(scene)
        return JSONResponse({"ticket": "t", "url": f"http://wechat.invalid/q/{scene}"})

    def _authorize(self, request: Request) -> Response:
        """What WeChat's browser does with scope ``snsapi_base``: straight back, with a code."""
        asked = request.query_params
        assert (asked["appid"], asked["scope"]) == (APP_ID, "snsapi_base")
        code = secrets.token_hex(16)
        self.codes[code] = self.visitor
        back = urlencode({"code": code, "state": asked["state"]})
        joined = "&" if "?" in asked["redirect_uri"] else "?"
        return RedirectResponse(f"{asked['redirect_uri']}{joined}{back}", 302)

    def _who(self, request: Request) -> Response:
        asked = request.query_params
        if (asked["appid"], asked["secret"]) != (APP_ID, SECRET):
            return _errcode(40125)
        openid = self.codes.pop(asked["code"], None)
        if openid is None:
            return _errcode(40163)
        return JSONResponse({"access_token": "o", "openid": openid, "scope": "snsapi_base"})


def _errcode(errcode: int) -> Response:
    return JSONResponse({"errcode": errcode, "errmsg": "as the test wanted"})


def signature(*parts: str, token: str = TOKEN) -> str:
    """WeChat's signature over ``parts``."""
    return hashlib.sha1("".join(sorted([token, *parts])).encode()).hexdigest()


def event_xml(openid: str, event: str, at: datetime, more: str = "") -> str:
    """An event as WeChat writes it."""
    return (
        "<xml><ToUserName><![CDATA[gh_0]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[{event}]]></Event>{more}</xml>"
    )


def text_xml(openid: str, words: str, at: datetime, message: int = 1) -> str:
    """A text that a follower wrote."""
    return (
        "<xml><ToUserName><![CDATA[gh_0]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{words}]]></Content><MsgId>{message}</MsgId></xml>"
    )


def encrypted(xml: str, *, app_id: str = APP_ID, key: str = AES_KEY) -> str:
    """The ciphertext of a callback: random, length, text, app id, padded to blocks of 32."""
    plain = xml.encode()
    buffer = secrets.token_bytes(16) + len(plain).to_bytes(4, "big") + plain + app_id.encode()
    padding = 32 - len(buffer) % 32
    secret = b64decode(key + "=")
    cipher = Cipher(AES(secret), CBC(secret[:16])).encryptor()
    sealed = cipher.update(buffer + bytes([padding]) * padding) + cipher.finalize()
    return b64encode(sealed).decode()


def deciphered(sealed: str, *, key: str = AES_KEY) -> tuple[str, str]:
    """The text of an encrypted answer, and the app id behind it."""
    secret = b64decode(key + "=")
    cipher = Cipher(AES(secret), CBC(secret[:16])).decryptor()
    buffer = cipher.update(b64decode(sealed)) + cipher.finalize()
    buffer = buffer[16 : -buffer[-1]]
    end = 4 + int.from_bytes(buffer[:4], "big")
    return buffer[4:end].decode(), buffer[end:].decode()


@dataclass(frozen=True)
class Callback:
    """A callback ready to be posted: query and body."""

    query: dict[str, str]
    body: str

    def post(self, client: httpx.Client, place: str = "/webhooks/wechat") -> httpx.Response:
        """Posts it."""
        headers = {"Content-Type": "text/xml"}
        return client.post(place, params=self.query, content=self.body.encode(), headers=headers)


def callback(xml: str, at: datetime, *, nonce: str = "", token: str = TOKEN) -> Callback:
    """A callback in plain mode."""
    nonce = nonce or secrets.token_hex(5)
    stamp = str(int(at.timestamp()))
    query = {"timestamp": stamp, "nonce": nonce, "openid": "o"}
    return Callback({**query, "signature": signature(stamp, nonce, token=token)}, xml)


def sealed_callback(xml: str, at: datetime, **options: str) -> Callback:
    """A callback in encrypted mode."""
    sealed = encrypted(xml, **options)
    plain = callback("", at)
    stamp, nonce = plain.query["timestamp"], plain.query["nonce"]
    query = {
        **plain.query,
        "encrypt_type": "aes",
        "msg_signature": signature(stamp, nonce, sealed),
    }
    inner = f"<Encrypt><![CDATA[{sealed}]]></Encrypt>"
    return Callback(query, f"<xml><ToUserName><![CDATA[gh_0]]></ToUserName>{inner}</xml>")
