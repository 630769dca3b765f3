"""The rewrites: one per module, with `SUMMARY` and ``rewrite(subject, options) -> Rewriting``."""
