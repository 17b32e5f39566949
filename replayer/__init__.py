"""Do it again: plans, bindings, the open-loop engine, outcomes and histories."""
