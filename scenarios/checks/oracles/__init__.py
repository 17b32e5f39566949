"""Checks that need no configuration: each tells one class of impossible state from recorded value flow alone.

An oracle is a function of what was `Seen` of a finished execution. It gives one result for each route that it could
look at, and none where there was nothing to look at. What it calls violated is a suspicion: a finding needs its control
(`scenarios.explore.evidence`).
"""
