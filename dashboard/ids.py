"""The ids of components that callbacks know, one enum: no id is written twice."""

from enum import StrEnum


class Id(StrEnum):
    """A component of the page."""

    ADDRESS = "address"
    FRAME = "frame"
    MAIN = "main"
    NOTICES = "notices"
    PULSE = "pulse"
    VERSION = "version"
    SHOWN = "shown"
    TITLE = "title"
    TITLED = "titled"
    THEME = "theme"
    THEME_BUTTON = "theme-button"
    PERIOD_FROM = "period-from"
    PERIOD_TO = "period-to"
    PERIOD_APPLY = "period-apply"
    SEARCHED = "searched"
    SEARCH = "league-search"
    LEAGUE_GRID = "league-grid"
    LEAGUE_HEAD = "league-head"
    EXPORT = "league-export"
    DOWNLOAD = "download"
    HERO = "hero-score"
    VOICES = "voices"
    MORE = "more-voices"
    MORE_PLACE = "more-place"
