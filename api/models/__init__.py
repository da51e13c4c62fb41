"""Every table, one file per aggregate; importing this package knows them all (for migrations)."""

from api.models.access import (
    Account,
    AccountLink,
    ApiToken,
    Grant,
    IdempotencyKey,
    LoginIdentifier,
    LoginSession,
    LoginThrottle,
)
from api.models.asking import (
    Decision,
    Invitation,
    Receipt,
    SurveyToken,
)
from api.models.audit import AuditEntry
from api.models.cells import Cell, CutCell, DirtyMark, LeagueRow, LeagueTable, MetricDay
from api.models.customers import (
    Consent,
    ContactPoint,
    ErasedMark,
    Person,
    PersonBranch,
    PersonMerge,
    PersonSource,
    Suppression,
)
from api.models.definitions import MessageVersion, Metric, RuleSetVersion, SurveyVersion
from api.models.events import Event
from api.models.network import (
    Network,
    OwnerGroup,
    Touchpoint,
    Unit,
    UnitFormerCode,
    UnitParent,
    UnitProfile,
)
from api.models.outbox import JobWindow, OutboxMessage
from api.models.responses import Answer, Response

__all__ = [
    "Account",
    "AccountLink",
    "Answer",
    "ApiToken",
    "AuditEntry",
    "Cell",
    "Consent",
    "ContactPoint",
    "CutCell",
    "Decision",
    "DirtyMark",
    "ErasedMark",
    "Event",
    "Grant",
    "IdempotencyKey",
    "Invitation",
    "JobWindow",
    "LeagueRow",
    "LeagueTable",
    "LoginIdentifier",
    "LoginSession",
    "LoginThrottle",
    "MessageVersion",
    "Metric",
    "MetricDay",
    "Network",
    "OutboxMessage",
    "OwnerGroup",
    "Person",
    "PersonBranch",
    "PersonMerge",
    "PersonSource",
    "Receipt",
    "Response",
    "RuleSetVersion",
    "Suppression",
    "SurveyToken",
    "SurveyVersion",
    "Touchpoint",
    "Unit",
    "UnitFormerCode",
    "UnitParent",
    "UnitProfile",
]
