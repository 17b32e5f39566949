"""The engine in a process of its own: steps go in by a pipe, outcomes come out, and nothing disturbs its clock."""
