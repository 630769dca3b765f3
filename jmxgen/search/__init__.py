"""The highest stable load, led by the verdict: which load to try next, and what the probes say together."""
