"""What people do to a ticket, by the same services as the API, with the same checks."""

from uuid import UUID

from api.core.errors import Invalid, NotFound
from api.tickets import byhand, service
from dashboard.actions.contests import file_bytes
from dashboard.data.sitting import Sitting
from dashboard.data.ticket_form import Pressed


def open_ticket(sitting: Sitting, matter: byhand.Matter) -> int:
    """Opens a ticket by hand; its number."""
    vault = sitting.installation.vault
    return byhand.open_by_hand(sitting.session, sitting.viewer, matter, sitting.now, vault=vault)


def take_step(sitting: Sitting, pressed: Pressed, note: str, pick: str) -> str | None:
    """Does what the button was about; a contact in clear where that was it."""
    asked = (sitting.session, sitting.viewer, pressed.number)
    version, now, vault = pressed.version, sitting.now, sitting.installation.vault
    words = note.strip() or None
    match pressed.act:
        case "acknowledge":
            service.acknowledge(*asked, version=version, now=now)
        case "contacted":
            service.contacted(*asked, version=version, note=words, now=now)
        case "resolve":
            service.resolve(*asked, version=version, cause=pick, note=words, now=now)
        case "reopen":
            service.reopen(*asked, version=version, note=note, now=now)
        case "verify":
            service.verify(*asked, version=version, note=note, now=now)
        case "note":
            service.add_note(*asked, version=version, note=note, now=now)
        case "assign":
            service.assign(*asked, version=version, owner=_id(pick), now=now)
        case "move":
            service.move(*asked, version=version, to_unit=pick, note=note, now=now)
        case "dial":
            wanted = _id(pressed.subject)
            service.dial(*asked, wanted, version=version, vault=vault, now=now)
        case "reveal":
            wanted = _id(pressed.subject)
            return service.reveal(*asked, wanted, version=version, vault=vault, now=now)
        case _:
            raise NotFound
    return None


def add_file(sitting: Sitting, number: int, file: tuple[str, str]) -> None:
    """Puts a file to a ticket; ``file`` is a name and what a browser hands over."""
    name, content = file
    service.add_file(
        sitting.session,
        sitting.viewer,
        number,
        file_name=name,
        content=file_bytes(content),
        now=sitting.now,
    )


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Invalid from None
