"""What a group of pages gives for an address."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Made:
    """A page's main part; ``follows``: it is made again when answers are counted, ``pending``:
    every 2 seconds, as something of it is still being computed; ``shape`` tells a page that its
    room finds standing in the browser, to change a part of it alone."""

    main: Any
    follows: bool = False
    pending: bool = False
    shape: str = ""
