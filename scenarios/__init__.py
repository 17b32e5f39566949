"""What must hold: the scenario, its run, the checks, the search, the findings, the story; and the command line."""
