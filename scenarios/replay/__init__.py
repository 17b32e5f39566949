"""`foreshock replay`: a recording, or a plan, once more against a target; what came of it, and how well it was sent."""
