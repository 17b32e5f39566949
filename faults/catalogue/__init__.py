"""The catalogue of production failures: a module a kind, whose docstring names the incident that it imitates.

`KINDS` lists them in the order in which people read them and a search tries them; `compile_fault` turns a fault into
the course of its toxics.
"""

from faults.catalogue.compiling import KINDS, compile_fault, signs_of
from faults.catalogue.kind import Argument, Kind, Sign, Verbatim

__all__ = ["KINDS", "Argument", "Kind", "Sign", "Verbatim", "compile_fault", "signs_of"]
