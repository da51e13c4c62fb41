"""The SQL of rankings and reports, a module for each thing that is kept."""
