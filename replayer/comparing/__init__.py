"""Two answers to one step compared: by status, headers that matter, and the body's structure and values, without noise.

`met` is one side, `answers` the comparison of two, `masks` what is noise and why, `learning` how that is learned from a
calm pair, `comparer` the fold over a run, `classes` what became of a step under faults against its calm twin.
"""
