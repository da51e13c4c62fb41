"""The letter as it is printed: the same HTML, with what it repeats in every cell said once.

Mail programs want each style in its place and attributes of the last century; setting pages spends
half its time on reading the ones and leaves the others out. Sizes are those of a sheet of paper.
"""

import re
from html import unescape

SMALLER = 0.72  # of the pixels on a screen
_TAG = re.compile(r"<\w+(?: [\w-]+=\"[^\"]*\")+>")
_NAME = re.compile(r"<\w+")
_GIVEN = re.compile(r" ([\w-]+)=\"([^\"]*)\"")
_PIXELS = re.compile(r"(\d+)px")
_FONT = re.compile(r"font-family:[^;]*;")
_MEANS = {
    "align": "text-align:{}",
    "valign": "vertical-align:{}",
    "bgcolor": "background-color:{}",
    "width": "width:{}",
    "height": "height:{}",
}


def gathered(html: str) -> str:
    """The same page with all that is said of an element's looks as a class of the head."""
    names: dict[str, str] = {}

    def put(tag: re.Match[str]) -> str:
        given = dict(_GIVEN.findall(tag[0]))
        said = [_MEANS[name].format(_length(given[name])) for name in _MEANS if name in given]
        style = ";".join([*said, _printed(given.get("style", ""))]).strip(";")
        if not style:
            return tag[0]
        name = names.setdefault(style, f"s{len(names)}")
        kept = {key: value for key, value in given.items() if key not in {*_MEANS, "style"}}
        kept["class"] = f"{kept.get('class', '')} {name}".strip()
        told = "".join(f' {key}="{value}"' for key, value in kept.items())
        return f"{_NAME.findall(tag[0])[0]}{told}>"

    body = _TAG.sub(put, html)
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    return body.replace("</title>", f"</title>\n<style>{rules}</style>", 1)


def _length(value: str) -> str:
    return _printed(f"{value}px") if value.isdecimal() else value


def _printed(style: str) -> str:
    plain = _FONT.sub("", unescape(style))
    return _PIXELS.sub(lambda found: f"{int(found[1]) * SMALLER:g}px", plain)
