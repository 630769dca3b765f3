"""The dialects of the analysis."""
