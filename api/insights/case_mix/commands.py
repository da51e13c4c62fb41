"""What `branchpulse adjust` does: fit and freeze coefficients, show them, take a score apart."""

from datetime import date
from typing import Any

from sqlmodel import Session

from api.core.errors import BadInput, NotFound
from api.core.installation import Installation
from api.core.languages import Language, say
from api.insights.case_mix.coefficients import (
    AlreadyPublished,
    NothingToAdjust,
    fit_metric,
    publish,
    usual_period,
)
from api.insights.case_mix.published import (
    coefficients_of,
    document,
    head_document,
    levels_document,
    list_coefficients,
)
from api.insights.case_mix.scores import adjusted_scores
from api.insights.figures import plain
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms
from api.insights.periods import Period
from api.insights.queries import require_metric
from api.insights.sight import whole_network_viewer
from api.security.scope import open_scope
from scoring.measured import measured
from scoring.tiers import DEFAULT_THRESHOLDS


def fit_coefficients(
    installation: Installation,
    code: str,
    year: int | None,
    period: Period | None,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """Fits a metric's coefficients and freezes them for the year, unless it is a ``dry_run``."""
    now = installation.clock()
    wanted = now.year if year is None else year
    with installation.database.transaction() as session:
        metric = _known_metric(session, code)
        if not dry_run and coefficients_of(session, code, wanted) is not None:
            raise AlreadyPublished(metric=code, year=wanted)
        try:
            found = fit_metric(session, metric, wanted, period or usual_period(wanted, now.date()))
        except NothingToAdjust as error:
            raise BadInput(f"{code}: {error.log_text()}") from None
        if not dry_run:
            publish(session, found, now=now)
        return {
            **head_document(found),
            "published": not dry_run,
            "levels": levels_document(found),
        }


def shown_coefficients(
    installation: Installation, code: str | None, year: int | None
) -> dict[str, Any]:
    """Published coefficients, the newest year first."""
    with installation.database.transaction() as session:
        if code is not None:
            _known_metric(session, code)
        return {"rows": [document(found) for found in list_coefficients(session, code, year)]}


def taken_apart(installation: Installation, code: str, period: Period, unit: str) -> dict[str, Any]:
    """One branch's way from the raw to the adjusted score, level by level."""
    with installation.database.transaction() as session:
        metric = _known_metric(session, code)
        today = installation.clock().date()
        viewer = whole_network_viewer(session, today, reason="command line")
        open_scope(session, viewer.scope)
        try:
            node = viewer.require_unit_code(unit)
        except NotFound:
            raise BadInput(f"--unit {unit}: no such unit") from None
        if node.id not in viewer.hierarchy.branch_ids:
            raise BadInput(f"--unit {unit}: not a branch")
        return {"unit_code": unit, **_apart(session, metric, period, node.id)}


def _apart(session: Session, metric: MetricInfo, period: Period, branch: int) -> dict[str, Any]:
    counts = network_histograms(session, metric, period)
    raw = measured(counts.at([(branch,)]), metric.kind, metric.scale)
    found = adjusted_scores(session, metric, period, [branch], raw)
    if found is None:
        raise BadInput(f"no coefficients of {metric.code} are published for that year")
    told = int(raw.n[0]) >= DEFAULT_THRESHOLDS.score
    names = ("score", "low", "high")
    return {
        "metric": metric.code,
        "from": period.start.isoformat(),
        "to": date.fromordinal(period.end.toordinal() - 1).isoformat(),
        "n": int(raw.n[0]) if told else None,
        "raw": {name: plain(getattr(raw, name))[0] if told else None for name in names},
        "adjusted": {
            name: plain(getattr(found.measured, name))[0] if told else None for name in names
        },
        "rows": found.mix[0] if told else [],
        "coefficients": found.coefficients,
    }


def coefficient_lines(found: dict[str, Any], language: Language = "en") -> str:
    """Coefficients for a terminal."""
    head = say("case_mix.line.head", language, **{k: found[k] for k in _HEAD})
    lines = [_level_line(level, language) for level in found["levels"]]
    return "\n".join([head, *lines, say("case_mix.note.association", language)])


def _level_line(level: dict[str, Any], language: Language) -> str:
    others = ", ".join(" ".join(one) for one in level["same_as"])
    told = "level" if level["estimable"] else "same" if others else "not_told"
    return say(
        f"case_mix.line.{told}",
        language,
        name=f"{level['adjuster']} {level['level']}",
        share=f"{level['share']:.1%}",
        points=f"{level['points']:+.2f}",
        error=f"{level['standard_error']:.2f}",
        others=others,
    )


_HEAD = ("metric", "year", "from", "to", "answers", "branches")


def apart_lines(found: dict[str, Any], language: Language = "en") -> str:
    """A branch's decomposition for a terminal."""
    if found["n"] is None:
        return say("case_mix.line.too_few", language)
    parts = [
        say(
            "case_mix.line.part",
            language,
            points=f"{part['points']:+.2f}",
            share=f"{part['share']:.0%}",
            usual=f"{part['usual']:.0%}",
            name=f"{part['adjuster']} {part['level']}",
        )
        for part in found["rows"]
        if abs(part["points"]) >= 0.005
    ]
    ends = [
        say(f"case_mix.line.{name}", language, **{k: f"{v:.2f}" for k, v in found[name].items()})
        for name in ("raw", "adjusted")
    ]
    note = say("case_mix.note.association", language)
    return "\n".join([ends[0], *parts, ends[1], note])


def _known_metric(session: Session, code: str) -> MetricInfo:
    try:
        return require_metric(session, code)
    except NotFound:
        raise BadInput(f"{code}: no such metric") from None
