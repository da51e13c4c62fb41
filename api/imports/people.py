"""People who log in, from a file: accounts by e-mail, phone or staff number, and their grants.

A row is one grant; a person with two grants has two rows. Nobody is written to and nothing is
taken away: invitations, ends of grants and deactivation are somebody's decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.access import repository as accounts
from api.access.errors import BadEmail, BadPhone, BadStaffNumber, IdentifierTaken, NoIdentifier
from api.access.identifiers import Identifier
from api.access.service import LoginNames, create_account, grant
from api.core.languages import LANGUAGES
from api.imports import queries
from api.imports.convert import Converted
from api.imports.job import ImportJob
from api.imports.rejects import RejectLog
from api.imports.values import CellError, Reject, reason
from api.models import Grant, LoginIdentifier
from api.models.access import ROLES
from api.network.codes import UnitCodes, load_codes

_BAD = {BadEmail: "email", BadPhone: "phone", BadStaffNumber: "staff_number"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one row grants."""

    role: str
    unit_id: int | None
    owner_group_id: int | None
    excluded: bool
    valid_from: date | None
    valid_to: date | None

    def given_by(self, known: Grant, today: date) -> bool:
        """Whether ``known`` grants this already."""
        ends = known.valid_to is None or known.valid_to > today
        same_end = known.valid_to == self.valid_to
        begins = known.valid_from == self.valid_from if self.valid_from else ends
        return begins and same_end and (
            (known.role, known.unit_id, known.owner_group_id, known.excluded)
            == (self.role, self.unit_id, self.owner_group_id, self.excluded)
        )  # fmt: skip


class PeopleFile:
    """The rows of a people file against the accounts there are."""

    def __init__(self, session: Session, job: ImportJob, log: RejectLog) -> None:
        self._session, self._job, self._log = session, job, log
        self._codes: UnitCodes = load_codes(session)
        self._groups = queries.owner_groups(session)

    def take(self, row: Converted) -> bool | None:
        """Writes one row: whether anything changed; None when it was refused."""
        try:
            found = self._identifiers(row)
            wanted = self._wanted(row)
            account_id, changed = self._account(row, found)
        except CellError as error:
            self._refuse(row, error)
            return None
        known = accounts.list_grants(self._session, [account_id])
        if any(wanted.given_by(one, self._job.today) for one in known):
            return changed
        grant(
            self._session,
            account_id,
            wanted.role,
            unit_id=wanted.unit_id,
            owner_group_id=wanted.owner_group_id,
            excluded=wanted.excluded,
            valid_from=wanted.valid_from,
            valid_to=wanted.valid_to,
            now=self._job.now,
            actor="system:import",
        )
        return True

    def _refuse(self, row: Converted, error: CellError) -> None:
        column = self._job.column_of(error.column)
        self._log.add(Reject(row.line, column, "error", error.why, error.value))

    def _identifiers(self, row: Converted) -> list[Identifier]:
        given = row.fields.get
        names = LoginNames(given("email"), given("phone"), given("staff_number"))
        try:
            return names.normalised()
        except NoIdentifier:
            raise CellError(reason("needs_identifier"), column="email") from None
        except (BadEmail, BadPhone, BadStaffNumber) as error:
            name = _BAD[type(error)]
            raise CellError(reason(f"bad_{name}"), column=name) from None

    def _wanted(self, row: Converted) -> _Wanted:
        given = row.fields.get
        role = str(given("role"))
        if role not in ROLES:
            why = reason("unknown_role", role=role, known=", ".join(ROLES))
            raise CellError(why, column="role", value=role)
        unit, group = given("unit"), given("owner_group")
        if bool(unit) == bool(group):
            raise CellError(reason("needs_unit_or_group"), column="unit")
        first, last = given("valid_from"), given("valid_to")
        if last is not None and last <= (first or self._job.today):
            why = reason("dates_backwards", first=first or self._job.today, last=last)
            raise CellError(why, column="valid_to", value=str(last))
        unit_id = self._unit(unit) if unit else None
        return _Wanted(role, unit_id, self._group(group), bool(given("excluded")), first, last)

    def _unit(self, code: str) -> int:
        unit_id = self._codes.resolve(code, self._job.today)
        if unit_id is None:
            raise CellError(reason("unknown_unit", code=code), column="unit", value=code)
        return unit_id

    def _group(self, code: str | None) -> int | None:
        if code is None:
            return None
        if code not in self._groups:
            why = reason("unknown_owner_group", code=code)
            raise CellError(why, column="owner_group", value=code)
        return self._groups[code]

    def _account(self, row: Converted, found: list[Identifier]) -> tuple[UUID, bool]:
        """The account of the row, made if none of its identifiers is known."""
        vault, name = self._job.installation.vault, str(row.fields["name"])
        known = accounts.find_identifiers(
            self._session, [(one.kind, vault.lookup_hash(one.kind, one.value)) for one in found]
        )
        owners = {kind: owner for (kind, _), owner in known.items()}
        if len(set(owners.values())) > 1:
            raise CellError(reason("identifiers_of_two"), column=found[-1].kind)
        if not owners:
            return self._new_account(row, name), True
        account_id = next(iter(owners.values()))
        changed = self._complete(account_id, row, name)
        for one in found:
            if one.kind not in owners:
                self._add_identifier(account_id, one)
                changed = True
        return account_id, changed

    def _new_account(self, row: Converted, name: str) -> UUID:
        given = row.fields.get
        try:
            return create_account(
                self._session,
                self._job.installation.vault,
                LoginNames(given("email"), given("phone"), given("staff_number")),
                name=name,
                language=self._language(row) or "zh",
                now=self._job.now,
                actor="system:import",
            )
        except IdentifierTaken as error:
            kind = str(error.params["field"])
            raise CellError(reason("identifier_taken", kind=kind), column=kind) from None

    def _complete(self, account_id: UUID, row: Converted, name: str) -> bool:
        account = accounts.get_account(self._session, account_id)
        assert account is not None
        wanted: dict[str, Any] = {"name": name, "language": self._language(row) or account.language}
        if all(getattr(account, field) == value for field, value in wanted.items()):
            return False
        accounts.change_account(self._session, account_id, **wanted)
        return True

    def _language(self, row: Converted) -> str | None:
        language = row.fields.get("language")
        if language is not None and language not in LANGUAGES:
            why = reason("unknown_language", language=language, known=", ".join(LANGUAGES))
            raise CellError(why, column="language", value=language)
        return language

    def _add_identifier(self, account_id: UUID, one: Identifier) -> None:
        vault = self._job.installation.vault
        added = accounts.add_identifier(
            self._session,
            LoginIdentifier(
                account_id=account_id,
                kind=one.kind,
                value_hash=vault.lookup_hash(one.kind, one.value),
                value_encrypted=vault.encrypt(one.value),
            ),
        )
        if not added:
            raise CellError(reason("identifier_taken", kind=one.kind), column=one.kind)


def load(session: Session, job: ImportJob, log: RejectLog, rows: Iterable[Converted]) -> None:
    """Writes the accounts and grants of the file, row by row."""
    file = PeopleFile(session, job, log)
    seen: dict[int, int] = {}
    for row in rows:
        first = seen.setdefault(hash(tuple(sorted(row.fields.items(), key=str))), row.line)
        if first != row.line:
            log.add(Reject(row.line, "", "skipped", reason("duplicate", first=first)))
            continue
        changed = file.take(row)
        if changed is not None:
            log.summary.written += changed
            log.summary.unchanged += not changed
