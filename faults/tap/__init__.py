"""Taps: a relay on each link that journals what passes, and steers what a fault is meant for to a lane."""
