"""How findings are written: one format a module, each with ``render(findings) -> str``."""
