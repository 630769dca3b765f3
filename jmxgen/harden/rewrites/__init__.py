"""The rewrites: one a module, with `SUMMARY` and ``rewrite(subject, options) -> Rewriting``."""
