"""What model calls cost, where the settings name prices."""

from xoptweb.config import config

MILLION = 1_000_000


def cost(tokens_in: int, tokens_out: int) -> float | None:
    """In US dollars; None where a price is not set."""
    price_in, price_out = config().llm_price_in, config().llm_price_out
    if price_in is None or price_out is None:
        return None
    return (tokens_in * price_in + tokens_out * price_out) / MILLION
