"""How large a skill may be, and how long its examples may take."""

LONGEST_SOURCE = 20_000  # characters
LONGEST_DESCRIPTION = 500
MOST_PARAMETERS = 20
MOST_EXAMPLES = 20
LONGEST_EXAMPLE = 20_000  # characters of JSON
MOST_DEPENDENCIES = 10
MOST_GRANTS = 10
EXAMPLE_S = 30.0  # one example, the start of its process included
EXAMPLE_OUTPUT_MB = 1.0
EXAMPLE_DISK_MB = 200
