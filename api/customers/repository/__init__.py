"""The room's SQL that writes: events, people, merges, erasure, and the locks they hold."""
