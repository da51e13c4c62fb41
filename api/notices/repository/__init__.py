"""The room's SQL that writes: notices, choices and absences; messages to the own systems."""
