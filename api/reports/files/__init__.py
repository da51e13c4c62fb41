"""Files of a report: PDF, PPTX, XLSX. Workers and commands import this, web processes never do."""
