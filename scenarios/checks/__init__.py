"""Predicates over a finished history and the live system, three-valued: held, violated, unknown. One in each file."""
