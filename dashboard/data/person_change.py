"""The name, the language and the log-ins of one person, as a form that says what is wrong where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from api.access import people
from api.access.changing import AccountWish, Changed, tidy
from api.access.identifiers import Identifier
from api.access.people import Person
from api.access.schemas import AccountChangeIn
from api.access.service import LoginNames
from api.core.errors import Conflict, Invalid
from api.core.languages import LANGUAGES
from dashboard.data.people import access_day
from dashboard.data.person import Asked, read_body, require_person
from dashboard.data.sitting import Sitting

FIELDS = ("name", "language", "email", "phone", "staff_number")
LOG_INS = FIELDS[2:]


@dataclass(frozen=True)
class ChangeForm:
    """What stands in the fields, what is wrong in which, and the question once nothing is."""

    values: Mapping[str, str]
    languages: Sequence[tuple[str, str]]
    back: str
    wrong: Mapping[str, str] = field(default_factory=dict)
    asked: Asked | None = None
    note: str | None = None


def opened(sitting: Sitting) -> ChangeForm | None:
    """The form as it opens, with what holds today; None when the address does not ask for it."""
    if sitting.address.word("do") != "change":
        return None
    person = require_person(sitting)
    if person.account.id == sitting.viewer.account_id:
        return None
    return _form(sitting, held(person))


def held(person: Person) -> dict[str, str]:
    """What holds today, field by field."""
    account = person.account
    log_ins = _by_kind(person.identifiers)
    return {"name": account.name, "language": account.language, **log_ins}


def weighed(sitting: Sitting, values: Mapping[str, str]) -> ChangeForm:
    """The form with what is wrong told at its field, or with the question."""
    person = require_person(sitting)
    form = _form(sitting, values)
    try:
        body = change_body(values)
        changed = people.weigh_change(
            sitting.session,
            sitting.viewer,
            sitting.installation.vault,
            person.account.id,
            wish_of(body),
            today=access_day(sitting),
        )
    except (Invalid, Conflict) as error:
        return refused(sitting, form, error)
    if not changed.everything:
        return replace(form, note=sitting.say("people.form.unchanged"))
    return replace(form, asked=_asked(sitting, person, body, changed))


def refused(sitting: Sitting, form: ChangeForm, error: Invalid | Conflict) -> ChangeForm:
    """The form with the error at the field that it is about; raises one that is about none."""
    about = error.params.get("field")
    if about not in FIELDS:
        raise error
    return replace(form, wrong={str(about): sitting.say(error.key)})


def unsaved(sitting: Sitting, body: AccountChangeIn, error: Invalid | Conflict) -> ChangeForm:
    """The form once more, when somebody else was quicker after the question."""
    values = {key: value or "" for key, value in body.model_dump().items()}
    return refused(sitting, _form(sitting, values), error)


def change_body(values: Mapping[str, str]) -> AccountChangeIn:
    """The fields as a body; raises what is wrong with them."""
    given = {key: values[key].strip() or None for key in FIELDS}
    return read_body(AccountChangeIn, {**given, "name": tidy(values["name"])})


def wish_of(body: AccountChangeIn) -> AccountWish:
    """The body as the wish that the service takes."""
    return AccountWish(
        body.name, body.language, LoginNames(body.email, body.phone, body.staff_number)
    )


def _asked(sitting: Sitting, person: Person, body: AccountChangeIn, changed: Changed) -> Asked:
    say, before, after = sitting.say, held(person), _after(body)
    words = [
        say(
            "people.sure.change",
            what=_field_name(sitting, one),
            before=_shown(sitting, one, before[one]),
            after=_shown(sitting, one, after[one]),
        )
        for one in changed.everything
    ]
    return Asked(
        title=say("people.sure.title_change"),
        words=[*words, *_consequences(sitting, person, after, changed)],
        sure=body.model_dump_json(),
        button=say("people.sure.button_change"),
        back=_back(sitting),
    )


def _after(body: AccountChangeIn) -> dict[str, str]:
    """The wish in the form in which it will stand: ``+86…`` for a phone, small letters."""
    log_ins = _by_kind(wish_of(body).names.normalised())
    return {"name": body.name, "language": body.language, **log_ins}


def _by_kind(identifiers: Sequence[Identifier]) -> dict[str, str]:
    found: dict[str, str] = {one.kind: one.value for one in identifiers}
    return {kind: found.get(kind, "") for kind in LOG_INS}


def _consequences(
    sitting: Sitting, person: Person, after: Mapping[str, str], changed: Changed
) -> list[str]:
    say = sitting.say
    if not changed.log_ins:
        return [say("people.sure.change_plain")]
    names = ", ".join(after[kind] for kind in LOG_INS if after[kind])
    words = [say("people.sure.change_log_in", name=after["name"], names=names)]
    if person.account.status == "invited":
        words.append(say("people.sure.change_link", name=after["name"]))
    return words


def _field_name(sitting: Sitting, name: str) -> str:
    keys = {"name": "people.form.name", "language": "people.language"}
    return sitting.say(keys.get(name, f"people.kind.{name}"))


def _shown(sitting: Sitting, name: str, value: str) -> str:
    if name == "language":
        return sitting.say(f"dashboard.language.{value}")
    return value or sitting.say("people.sure.change_nothing")


def _form(sitting: Sitting, values: Mapping[str, str]) -> ChangeForm:
    languages = [(one, sitting.say(f"dashboard.language.{one}")) for one in LANGUAGES]
    return ChangeForm(values, languages, _back(sitting))


def _back(sitting: Sitting) -> str:
    return sitting.address.with_words(do=None, grant=None).href
