"""Traffic that others recorded, read into exchanges, and exchanges written for others: one module a format.

A reader takes a `Source` and gives `Imported` and `Skipped` one by one; a writer takes exchanges and gives bytes one by
one. Neither holds the file in memory. `importing` and `exporting` are what the commands do.
"""
