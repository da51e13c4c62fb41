"""Sums what the suites left in a folder of JUnit files: python tests/report.py FOLDER.

Prints each suite with its time, every reason for a skip, and last the one line that sums all.
Exits 1 when anything failed or when there is nothing to sum.
"""

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Suite:
    """What one file says."""

    name: str
    seconds: float = 0.0
    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skips: Counter[str] = field(default_factory=Counter)


def read(path: Path) -> Suite:
    """Read one JUnit file; one that is broken off counts as a failure."""
    suite = Suite(path.stem)
    try:
        tree = ET.parse(path)
    except ET.ParseError:
        suite.failures.append(f"{path.name} is broken off")
        return suite
    for element in tree.iter("testsuite"):
        suite.seconds += float(element.get("time", 0))
    for case in tree.iter("testcase"):
        _count(case, suite)
    return suite


def _count(case: ET.Element, suite: Suite) -> None:
    skipped = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        suite.failures.append(f"{case.get('classname')}::{case.get('name')}")
    elif skipped is not None:
        suite.skips[skipped.get("message") or "no reason given"] += 1
    else:
        suite.passed += 1


def report(folder: Path) -> tuple[list[str], bool]:
    """Return the lines to print and whether all is well."""
    suites = [read(path) for path in sorted(folder.glob("*.xml"), key=lambda p: p.stat().st_mtime)]
    lines = [_line(suite) for suite in suites]
    lines += [f"FAILED {suite.name}: {name}" for suite in suites for name in suite.failures]
    for suite in suites:
        lines += [f"skipped {n} in {suite.name}: {why}" for why, n in suite.skips.items()]
    if not any(suite.skips for suite in suites):
        lines.append("nothing was skipped")
    passed = sum(suite.passed for suite in suites)
    failed = sum(len(suite.failures) for suite in suites)
    skipped = sum(suite.skips.total() for suite in suites)
    lines.append(f"{passed} passed, {failed} failed, {skipped} skipped")
    return lines, failed == 0 and passed > 0


def _line(suite: Suite) -> str:
    figures = f"{suite.passed} passed, {len(suite.failures)} failed, {suite.skips.total()} skipped"
    return f"{suite.name:<16}{suite.seconds:>8.1f} s  {figures}"


if __name__ == "__main__":
    said, well = report(Path(sys.argv[1]))
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(0 if well else 1)
