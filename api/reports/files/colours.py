"""The colours of reports, those of the dashboard in the light."""

INK, MUTED, FAINT, LINE = "#1b2227", "#5d676e", "#9aa3a9", "#e3e1db"
ACCENT, ACCENT_SOFT = "#0d6570", "#dcebec"
LOW, HIGH, MID = "#a94a17", "#1f64a5", "#b9bec2"
