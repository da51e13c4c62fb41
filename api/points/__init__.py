"""Printed codes and kiosks that anybody may answer at: made by branches, opened by guests."""
