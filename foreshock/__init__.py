"""What every room needs: the error tree, clock, durations, segment files. Imports no room."""

__version__ = "0.1.0"
