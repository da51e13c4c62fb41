"""The rules of asking as a person reads them: per touchpoint, segment and cap; and all versions."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.rules import RulesView, SegmentRow, TouchpointRule, Way
from dashboard.data.versions import VersionRow
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count, percent
from dashboard.pages import states
from dashboard.pages.parts import card, chip, folded_text, icon
from dashboard.pages.versions import TONES, versions_card

_ICONS = {
    "when": "clock-history",
    "hours": "calendar-event",
    "fallback": "signpost-split",
    "reminders": "arrow-repeat",
    "chosen": "question-circle",
    "channels": "people",
}


def rules_page(view: RulesView, say: Words) -> Any:
    """The page, or the words for why there are no rules."""
    if view.version is None:
        buttons = html.Div(_buttons(view, say), className="bp-buttons bp-middle")
        words = say("rulebook.page.none"), say("rulebook.page.none_words")
        inner = states.state("file-earmark-text", *words, buttons)
        return html.Div([card(None, inner), _versions(view, say)], className="bp-grid")
    return html.Div(
        [
            head(view, view.version, say),
            caps(view, say, width=5),
            segments(view, view.version, say, width=7),
            *(touchpoint(rule, say) for rule in view.rules),
            waves(view, say),
            folded_text(view.written, say, opened=view.single),
            _versions(view, say),
        ],
        className="bp-grid",
    )


def head(view: RulesView, version: VersionRow, say: Words) -> Any:
    """Which version this is, since when it holds, and what one may do with it."""
    key = {"in_force": "lead", "coming": "lead_coming", "past": "lead_past"}[version.state]
    lead = say(f"rulebook.page.{key}", version=version.version, code=view.code,
               since=version.since)  # fmt: skip
    by = say("rulebook.page.published_by", when=version.published, who=version.by)
    words = html.Div(
        [
            html.Div(
                [html.H2(lead), chip(say(f"rulebook.state.{version.state}"),
                                     TONES[version.state])],
                className="bp-lead",
            ),
            html.P(by, className="bp-muted") if version.published else None,
        ]
    )  # fmt: skip
    return html.Section(
        [words, html.Div(_buttons(view, say), className="bp-buttons")],
        className="bp-card bp-between-ends",
    )


def _buttons(view: RulesView, say: Words) -> list[Any]:
    buttons = []
    if view.single:
        buttons.append(dcc.Link(say("rulebook.page.back"), href=view.back, className="bp-button"))
    if not view.may_write:
        return buttons
    words = say("rulebook.page.draft" if view.has_draft else "rulebook.page.edit")
    return [
        *buttons,
        dcc.Link(
            [icon("play-circle"), say("rulebook.page.try")], href=view.try_out,
            className="bp-button",
        ),
        dcc.Link(
            [icon("pencil-square"), words], href=view.edit, className="bp-button bp-primary"
        ),
    ]  # fmt: skip


def caps(view: RulesView, say: Words, width: int) -> Any:
    """How often anybody may be asked at most; the floor is the first."""
    floor, *further = view.caps
    inner = [
        html.Div(say("rulebook.page.floor"), className="bp-muted bp-small"),
        html.P(floor, className="bp-floor"),
        html.Ul([html.Li(words) for words in further], className="bp-list") if further else None,
        html.P(view.compete, className="bp-note"),
    ]
    return card(say("rulebook.page.caps"), *inner, note=say("rulebook.page.caps_note"), width=width)


def segments(view: RulesView, version: VersionRow, say: Words, width: int) -> Any:
    """The segments in their order; their customers are counted when the page is there."""
    return card(
        say("rulebook.page.segments"),
        counting({"version": version.version}, segment_rows(view.segments, say)),
        note=say("rulebook.page.segments_note"),
        width=width,
    )


def counting(about: dict[str, Any], rows: Any) -> Any:
    """A place whose segments are counted as soon as it is shown."""
    return html.Div([html.Div(rows, id=Id.SEGMENTS), dcc.Store(id=Id.SEGMENTS_OF, data=about)])


def segment_rows(rows: Sequence[SegmentRow], say: Words, people: int | None = None) -> Any:
    """One row per segment, and how many customers there are together."""
    total = None
    if people is not None:
        words = say("rulebook.page.together", total=count(people))
        total = html.Div(words, className="bp-muted bp-small bp-under")
    return [html.Ol([_segment(row, say) for row in rows], className="bp-segments"), total]


def _segment(row: SegmentRow, say: Words) -> Any:
    people: list[Any] = []
    if row.people is not None:
        width = {"width": f"{row.share or 0:.2%}"}
        people = [
            html.Div(
                [html.B(count(row.people)), html.Span(percent(row.share), className="bp-muted")],
                className="bp-people",
            ),
            html.Div(
                html.Div(className="bp-fill", style=width) if row.people else None,
                className="bp-track",
            ),
        ]
    named = html.Div(
        [
            html.Div(row.name, className="bp-segment-name"),
            html.Div(row.words, className="bp-muted bp-small"),
        ]
    )
    return html.Li([named, *people])


def touchpoint(rule: TouchpointRule, say: Words) -> Any:
    """One touchpoint: whom by which channels, then every other statement."""
    ways = html.Div([_way(way, say) for way in rule.ways], className="bp-ask-ways")
    rows = [_line("channels", ways, say)]
    rows += [_line(line.topic, [html.P(words) for words in line.words], say) for line in rule.lines]
    survey = html.Span(
        say("rulebook.page.survey", survey=rule.survey), className="bp-muted bp-small"
    )
    return card(rule.name, html.Dl(rows, className="bp-rule"), aside=survey)


def _line(topic: str, words: Any, say: Words) -> Any:
    return html.Div(
        [html.Dt([icon(_ICONS[topic]), say(f"rulebook.topic.{topic}")]), html.Dd(words)]
    )


def _way(way: Way, say: Words) -> Any:
    steps: list[Any] = []
    for channel in way.channels:
        steps += [icon("arrow-right")] if steps else []
        steps.append(html.Span(channel, className="bp-channel"))
    if not steps:
        steps = [html.Span(say("rulebook.page.never"), className="bp-muted")]
    if way.share is not None:
        steps.append(chip(say("rulebook.page.share", share=percent(way.share))))
    return html.Div([html.Span(way.segment), html.Div(steps, className="bp-ask-steps")],
                    className="bp-ask-way")  # fmt: skip


def waves(view: RulesView, say: Words) -> Any:
    """Surveys that no event starts; nothing where there are none."""
    if not view.waves:
        return None
    rows = [html.Div([html.Dt(name), html.Dd(words)]) for name, words in view.waves]
    return card(say("rulebook.page.waves"), html.Dl(rows, className="bp-rule"))


def _versions(view: RulesView, say: Words) -> Any:
    return versions_card(view.versions, "rulebook", say, note=say("rulebook.page.versions_note"))
