"""The report of the analysis."""
