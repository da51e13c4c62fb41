"""What channels keep: shared tokens and rates of providers, WeChat, calls, QR codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text

CALL_STATUSES = ("waiting", "claimed", "done", "gone")
CALL_OUTCOMES = (
    "answered",  # the form was filled in
    "appointment",
    "no_answer",
    "busy",
    "wrong_number",
    "refused",
    "opted_out",
)


class ProviderRate(Table, table=True):
    """A token bucket that all workers share: ``tokens`` as they were at ``refilled_at``."""

    __tablename__ = "provider_rate"

    account: str = text(primary_key=True)  # twilio, domestic_sms …
    per_second: float
    burst: float
    tokens: float
    refilled_at: datetime = moment()
    held_until: datetime | None = moment(nullable=True)  # a quota of the provider is used up


class ProviderToken(Table, table=True):
    """An access token that all workers share; whoever refreshes it raises the version."""

    __tablename__ = "provider_token"

    account: str = text(primary_key=True)
    value_encrypted: bytes
    version: int = 1
    fetched_at: datetime = moment()
    expires_at: datetime = moment()


class WechatFollower(Table, table=True):
    """An openid that we heard of: whether it follows, and where it came from."""

    __tablename__ = "wechat_follower"

    openid_hash: bytes = Field(primary_key=True)
    openid_encrypted: bytes
    following: bool
    changed_at: datetime = moment()
    branch_id: int | None = Field(default=None, foreign_key="unit.id")  # of the QR code's scene
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    bound_at: datetime | None = moment(nullable=True)


class WechatConsent(Table, table=True):
    """One-time consents of an openid to a template, counted as stock: one message takes one."""

    __tablename__ = "wechat_consent"

    openid_hash: bytes = Field(primary_key=True)
    template_id: str = text(primary_key=True)
    stock: int
    changed_at: datetime = moment()


class PhoneCheck(Table, table=True):
    """A code sent to a phone, to bind a WeChat account to its owner."""

    __tablename__ = "phone_check"

    id: UUID = id_field()
    openid_hash: bytes = Field(index=True)
    phone_hash: bytes
    phone_encrypted: bytes
    code_hash: bytes
    branch_id: int | None = Field(default=None, foreign_key="unit.id")
    tries: int = 0
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class CallTask(Table, table=True):
    """An invitation by telephone: who calls when, and what came of it."""

    __tablename__ = "call_task"
    __table_args__ = (
        one_of("status", *CALL_STATUSES),
        one_of("outcome", *CALL_OUTCOMES),
        Index("ix_call_task_due", "call_after", postgresql_where=sql("status = 'waiting'")),
    )

    invitation_id: UUID = Field(foreign_key="invitation.id", primary_key=True)
    branch_id: int = Field(foreign_key="unit.id", index=True)
    status: str = Field(default="waiting")
    call_after: datetime = moment()
    call_before: datetime = moment()
    appointment: bool = False  # ``call_after`` was agreed with the customer
    claimed_by: UUID | None = Field(default=None, foreign_key="account.id")
    claimed_at: datetime | None = moment(nullable=True)
    tries: int = 0
    outcome: str | None = text(nullable=True)
    settled_at: datetime | None = moment(nullable=True)


class CallTry(Table, table=True):
    """One call of an interviewer."""

    __tablename__ = "call_try"
    __table_args__ = (one_of("outcome", *CALL_OUTCOMES),)

    id: UUID = id_field()
    invitation_id: UUID = Field(foreign_key="invitation.id", index=True)
    branch_id: int = Field(foreign_key="unit.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime = moment()
    outcome: str = text()
    appointment_at: datetime | None = moment(nullable=True)


class QrPoint(Table, table=True):
    """A printed code or a kiosk of a branch or counter, which anybody may answer at."""

    __tablename__ = "qr_point"
    __table_args__ = (one_of("kind", "qr", "kiosk", "wechat"),)

    id: UUID = id_field()
    code: str = text(unique=True)  # in the address; as good as public
    kind: str = text()
    branch_id: int = Field(foreign_key="unit.id", index=True)
    touchpoint_id: int = Field(foreign_key="touchpoint.id")
    survey_code: str = text()
    label: str = text()  # "Counter 3"
    created_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    wechat_url: str | None = text(nullable=True)  # what the code of kind ``wechat`` leads to
