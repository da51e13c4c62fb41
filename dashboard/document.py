"""The document that every page begins with, the same for everybody.

Dash would ask for its layout, for its callbacks and then for the page, one after the other, once
all its scripts have run. Our document brings the first two along and says how the third is asked
for: `assets/first/begin.js` asks while the scripts are still being read.
"""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import dash_ag_grid as dag
from dash import Dash
from dash.fingerprint import build_fingerprint

from dashboard.address import ROOT, Page
from dashboard.ids import Id

ASSETS = Path(__file__).parent / "assets"
_TABLES = (Page.LEAGUE, Page.ENOUGH, Page.PEOPLE, Page.PUBLISHED)  # nothing without their table
_CHUNK = "async-community.js"  # what dash-ag-grid loads as soon as it has a table to draw


class Document(Dash):  # type: ignore[misc]
    """Dash with our document around it."""

    def interpolate_index(self, **parts: str) -> str:
        """The document: what begins stands before everything that takes time."""
        return f"""<!DOCTYPE html>
<html>
    <head>
        <meta charset="UTF-8">
        {parts["metas"]}
        <title>{parts["title"]}</title>
        <link rel="icon" type="image/svg+xml" href="{stamped("mark.svg")}">
        {self._beginning}
        {parts["css"]}
    </head>
    <body>
        <div id="react-entry-point"></div>
        <footer>
            {parts["config"]}
            {parts["scripts"]}
            {parts["renderer"]}
        </footer>
    </body>
</html>"""

    @cached_property
    def _beginning(self) -> str:
        """What Dash would ask for first, and the script that answers it."""
        layout, callbacks = (
            bytes(answer.body).decode() for answer in (self.serve_layout(), self.dependencies())
        )
        return "\n        ".join(
            [
                _held("bp-layout", layout),
                _held("bp-callbacks", callbacks),
                _held("bp-page", json.dumps(first_request(json.loads(callbacks)))),
                f'<script src="{stamped("first/begin.js")}" data-chunk="{_chunk()}"'
                f' data-tables="{" ".join(_TABLES)}"></script>',
            ]
        )


def first_request(callbacks: list[dict[str, Any]]) -> dict[str, Any]:
    """How Dash asks for the page of an address, in its own order; the browser adds the address."""
    output = next(one for one in callbacks if f"..{Id.MAIN}.children.." in one["output"])
    changed = [f"{Id.ADDRESS}.href"]
    return {
        "output": output["output"],
        "outputs": [_place(part) for part in output["output"].strip(".").split("...")],
        "inputs": output["inputs"],
        "changedPropIds": changed,
        "parsedChangedPropsIds": changed,
        "state": output["state"],
    }


def stamped(asset: str) -> str:
    """The address of an asset, another one as soon as the file is another (see `Gate`)."""
    return f"{ROOT}assets/{asset}?m={(ASSETS / asset).stat().st_mtime}"


def _place(named: str) -> dict[str, str]:
    where, _, what = named.rpartition(".")
    return {"id": where, "property": what}


def _held(name: str, text: str) -> str:
    """Data within the document; no text in it can end the element."""
    inert = text.replace("<", "\\u003c")
    return f'<script id="{name}" type="application/json">{inert}</script>'


def _chunk() -> str:
    """The address under which the browser may keep AG Grid; its own asks the server each time."""
    written = int((Path(dag.__file__).parent / _CHUNK).stat().st_mtime)
    named = build_fingerprint(_CHUNK, dag.__version__, written)
    return f"{ROOT}_dash-component-suites/dash_ag_grid/{named}"
