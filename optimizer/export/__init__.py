"""A campaign's evaluations for charts and for files."""

from optimizer.export.chart import chart
from optimizer.export.drawing import svg
from optimizer.export.files import csv, rows, yaml

__all__ = ["chart", "csv", "rows", "svg", "yaml"]
