"""Judging what a system said of itself: which signals moved, and how long before its users noticed. Pure."""
