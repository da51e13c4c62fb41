"""What a metric is on the read side: its kind, and the scale its histograms come in.

Knows no database. An NPS is always read over three bands, so that counted answers and imported
bands add up.
"""

from dataclasses import dataclass

from api.core.languages import Language
from scoring.scales import SCALES, Kind, Scale, scale_of


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """A declared metric."""

    code: str
    kind: Kind
    declared_scale: str
    name_zh: str
    name_en: str

    @property
    def scale(self) -> Scale:
        """The scale of the histograms that are read for it."""
        return SCALES["nps3"] if self.kind is Kind.NPS else scale_of(self.declared_scale)

    def name(self, language: Language) -> str:
        """The metric's name in ``language``."""
        return self.name_en if language == "en" else self.name_zh
