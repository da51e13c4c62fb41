"""How callbacks run: the one decorator that registers them, in a thread, in one transaction.

Dash would execute a plain function on the event loop and stall every survey page with it. Here a
callback gets a thread of the dashboard's own few, a transaction opened to the viewer's scope, and
what the browser's address says. An error becomes a notice in words; nothing of it reaches the
browser otherwise.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from dash import Dash, Input, Output, State, callback_context, no_update, set_props
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import SQLAlchemyError

from api.boundary.visits import LANGUAGE_COOKIE
from api.core.errors import BranchpulseError, NotLoggedIn
from api.core.installation import Installation
from api.core.languages import Language, spoken
from dashboard.address import Address, read_address
from dashboard.data.sitting import sitting_of
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.notices import notice
from dashboard.written import written

_log = logging.getLogger(__name__)
THREADS = 8  # of the web process's 16 connections: survey pages always find one

Refused = BranchpulseError  # what a page says in words instead of its numbers
Work = TypeVar("Work", bound=Callable[..., Any])
Failed = Callable[[Words, str], Any]


@dataclass(frozen=True)
class Wired:
    """A callback that waits for an application."""

    work: Callable[..., Any]
    output: Any
    inputs: Sequence[Input]
    states: Sequence[State]
    initial: bool
    failed: Failed | None
    running: Sequence[tuple[Output, Any, Any]]


_BROWSER = (State(Id.ADDRESS, "pathname"), State(Id.ADDRESS, "search"))
_wired: list[Wired] = []


def callback(
    output: Output | Sequence[Output],
    inputs: Input | Sequence[Input],
    states: Sequence[State] = (),
    *,
    initial: bool = True,
    failed: Failed | None = None,
    running: Sequence[tuple[Output, Any, Any]] = (),
) -> Callable[[Work], Work]:
    """Registers a module function ``(sitting, *inputs, *states)``; ``failed`` fills the outputs.

    ``running``: what the browser sets while it waits for the answer, and afterwards.
    """

    def mark(work: Work) -> Work:
        several = [inputs] if isinstance(inputs, Input) else list(inputs)
        _wired.append(Wired(work, output, several, list(states), initial, failed, running))
        return work

    return mark


def wire(dash: Dash, installation: Installation) -> None:
    """Registers every callback with ``dash``."""
    limiter = anyio.CapacityLimiter(THREADS)
    for one in _wired:
        register = dash.callback(
            one.output,
            *([*one.inputs], [*one.states, *_BROWSER]),
            prevent_initial_call=not one.initial,
            **({"running": list(one.running)} if one.running else {}),
        )
        register(partial(_in_thread, one, installation, limiter))


async def _in_thread(
    one: Wired, installation: Installation, limiter: anyio.CapacityLimiter, *values: Any
) -> Any:
    return await anyio.to_thread.run_sync(_run, one, installation, values, limiter=limiter)


def _run(one: Wired, installation: Installation, values: tuple[Any, ...]) -> Any:
    *given, pathname, search = values
    address = read_address(pathname, search)
    cookies = callback_context.cookies
    try:
        with sitting_of(installation, cookies, address) as sitting:
            return written(one.work(sitting, *given))
    except PreventUpdate:
        raise
    except NotLoggedIn:
        raise  # the gate's business: the browser goes to the log-in page
    except BranchpulseError as error:
        return _told(one, error.key, _language_of(address, cookies))
    except SQLAlchemyError as error:
        _log.error("callback %s: %s", one.work.__name__, type(error).__name__)
        return _told(one, "errors.unavailable", _language_of(address, cookies))
    except Exception as error:
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        line = f"{where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}" if where else "?"
        _log.error("callback %s: %s at %s", one.work.__name__, type(error).__name__, line)
        return _told(one, "errors.internal", _language_of(address, cookies))


def _told(one: Wired, key: str, language: Language) -> Any:
    """What the outputs show instead; without own words for that, a notice."""
    say = Words(language)
    if one.failed is not None:
        return one.failed(say, key)
    set_props(Id.NOTICES, {"children": notice(say(key))})
    return no_update if isinstance(one.output, Output) else [no_update] * len(one.output)


def _language_of(address: Address, cookies: Any) -> Language:
    return spoken(address.language or cookies.get(LANGUAGE_COOKIE))
