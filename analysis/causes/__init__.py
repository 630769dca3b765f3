"""The causes of the analysis."""
