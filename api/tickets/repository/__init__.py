"""The room's SQL that writes: tickets with their steps, clocks, files; alerts and rules."""
