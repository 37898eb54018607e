"""Foretwin on public data, by published protocols; see tools/evaluate."""
