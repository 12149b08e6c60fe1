"""The way out to named hosts of the internet, and to nothing else."""
