"""The colours of reports, those of the dashboard in the light."""

INK, MUTED, FAINT, LINE = "#1b2227", "#5d676e", "#9aa3a9", "#e3e1db"
ACCENT, ACCENT_SOFT = "#0d6570", "#dcebec"
BAR, BAR_LOW = "#6fb0b8", "#d99a73"  # light enough for an interval to be seen upon
LOW, HIGH, MID = "#a94a17", "#1f64a5", "#b9bec2"
