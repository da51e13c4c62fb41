"""A stand-in for WeCom: members, one application with tokens that end, robots of groups.

Behaves like the part of the API that we use, with WeCom's own error codes; the same words to the
same member go once, where the call asks for that.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

OPTIONS = {
    "wecom_corp_id": "ww0000000000000001",
    "wecom_agent_id": 1000002,
    "wecom_secret": "secret of the stub",
}
ROBOT_KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa".replace("x", "0")


@dataclass
class WecomStub:
    """The state of the corporation."""

    members: set[str] = field(default_factory=lambda: {"zhang.wei"})
    robots: set[str] = field(default_factory=lambda: {ROBOT_KEY})
    messages: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    token: int = 1  # raised: the ones before are refused
    error: int = 0  # of every message
    silent: int = 0  # so many messages are taken, and the answer is lost

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI()
        app.add_api_route("/cgi-bin/gettoken", self._token, methods=["GET"])
        app.add_api_route("/cgi-bin/message/send", self._send, methods=["POST"])
        app.add_api_route("/cgi-bin/webhook/send", self._robot, methods=["POST"])
        return app

    async def _token(self, request: Request) -> Response:
        self.calls["token"] += 1
        asked = request.query_params
        known = (OPTIONS["wecom_corp_id"], OPTIONS["wecom_secret"])
        if (asked.get("corpid"), asked.get("corpsecret")) != known:
            return JSONResponse({"errcode": 40001, "errmsg": "invalid credential"})
        made = {"access_token": f"token-{self.token}", "expires_in": 7200}
        return JSONResponse({"errcode": 0, "errmsg": "ok", **made})

    async def _send(self, request: Request) -> Response:
        self.calls["send"] += 1
        if request.query_params.get("access_token") != f"token-{self.token}":
            return JSONResponse({"errcode": 42001, "errmsg": "access_token expired"})
        if self.error:
            return JSONResponse({"errcode": self.error, "errmsg": "no"})
        said = await request.json()
        if said["touser"] not in self.members:
            return JSONResponse({"errcode": 81013, "errmsg": "user & party & tag all invalid"})
        if said not in self.messages or not said.get("enable_duplicate_check"):
            self.messages.append(said)
        if self.silent:
            self.silent -= 1
            return Response("lost", 502)
        return JSONResponse({"errcode": 0, "errmsg": "ok", "msgid": f"m{len(self.messages)}"})

    async def _robot(self, request: Request) -> Response:
        self.calls["robot"] += 1
        if request.query_params.get("key") not in self.robots:
            return JSONResponse({"errcode": 93000, "errmsg": "invalid webhook url"})
        if self.error:
            return JSONResponse({"errcode": self.error, "errmsg": "no"})
        self.groups.append(await request.json())
        return JSONResponse({"errcode": 0, "errmsg": "ok"})
