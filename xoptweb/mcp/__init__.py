"""The tools of agents for agents that are not ours, by the Model Context Protocol."""
