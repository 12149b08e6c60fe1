"""`make bench`: the product's own processes, timed from outside, each figure beside a rival in the same run."""
