"""What a system keeps, as its traffic shows it: kinds of resources, operations on them, and their state at the end."""
