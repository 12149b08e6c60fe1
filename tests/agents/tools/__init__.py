"""The tools of agents and of all other apps."""
