"""The jtl of the analysis."""
