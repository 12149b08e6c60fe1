"""Marks on functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .registry import offer

Marked = TypeVar("Marked", bound=Callable[..., Any])


def step(function: Marked) -> Marked:
    """The function is a step of a module."""
    function._is_xopt_step = True  # type: ignore[attr-defined]
    return function


def module(function: Marked) -> Marked:
    """The function makes a module."""
    function._is_xopt_module = True  # type: ignore[attr-defined]
    offer(function)
    return function
