"""What is measured: one part a file, each run in a process and a home of its own."""
