"""Makes the font of reports from an installed Noto Sans CJK: python -m api.reports.files.subset.

Done once by `make`; a font that is there is left alone. Knows no report.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FONT = Path(__file__).parent / "fonts" / "branchpulse-sans.otf"
FAMILY = "Branchpulse Sans"
SOURCE = "Noto Sans CJK SC"
FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "/opt/homebrew/share/fonts"),
    *("/Library/Fonts", "~/Library/Fonts", "~/.local/share/fonts", "~/.fonts"),
)
FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf")
# Of names, which the national standard of 1980 left out.
NAME_SIGNS = Path(__file__).parent / "name_signs.txt"


def main() -> int:
    """Makes the font unless it is there; 0 also where no source is installed, which is said."""
    if FONT.is_file():
        return 0
    source = find_source()
    if source is None:
        tell("documents will need a Noto Sans CJK font (Debian: apt install fonts-noto-cjk)")
        return 0
    FONT.parent.mkdir(exist_ok=True)
    draft = FONT.with_suffix(f".{os.getpid()}")
    make_subset(source, draft)
    draft.rename(FONT)
    return 0


def tell(line: str) -> None:
    """One line for whoever runs make."""
    sys.stderr.write(f"make: {line}\n")


def find_source() -> Path | None:
    """An installed font with Chinese signs, or None."""
    for folder in (Path(name).expanduser() for name in FOLDERS):
        for name in FILES:
            found = next(folder.rglob(name), None) if folder.is_dir() else None
            if found is not None:
                return found
    return None


def make_subset(source: Path, target: Path) -> None:
    """Writes the signs that reports need, without hints and features, under our own name."""
    font = _opened(source)
    options = Options()
    options.layout_features, options.layout_closure = [], False
    options.hinting, options.notdef_outline, options.glyph_names = False, True, False
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "DSIG", "GSUB", "GPOS", "GDEF"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(set(wanted_signs())))
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = FAMILY.replace(" ", "") if record.nameID == 6 else FAMILY
    font.save(target)


def wanted_signs() -> Iterator[int]:
    """Latin letters, punctuation, and the signs of the national standard of 1980."""
    yield from range(0x20, 0x7F)
    yield from range(0xA0, 0x180)
    yield from range(0x2010, 0x2040)
    yield from map(ord, "−≤≥≈±×÷→←↑↓€™…•●○■□▲△▼▽★☆〓")
    yield from map(ord, NAME_SIGNS.read_text(encoding="utf-8").replace("\n", ""))
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            yield from _sign(high, low)


def _sign(high: int, low: int) -> Iterator[int]:
    try:
        yield ord(bytes((high, low)).decode("gb2312"))
    except UnicodeDecodeError:
        return


def _opened(source: Path) -> TTFont:
    if source.suffix != ".ttc":
        return TTFont(source, lazy=True)
    with TTCollection(source, lazy=True) as collection:
        names = [font["name"].getDebugName(4) for font in collection.fonts]
    number = names.index(SOURCE) if SOURCE in names else 0
    return TTFont(source, fontNumber=number, lazy=True)


if __name__ == "__main__":
    sys.exit(main())
