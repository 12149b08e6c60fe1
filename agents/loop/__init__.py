"""Think, call tools, read their results, think again: until there is an answer or a limit."""
