"""What an approval allows: channels, ranges, steps, number of evaluations, time."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator


class ChannelEnvelope(BaseModel):
    """Bounds of one channel in its own units. `start` is the setpoint that was shown when it was approved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: int = Field(description="Primary key of the channel.")
    address: str
    readback: str = Field(description="Address of what shows that a put arrived; empty where the setpoint does.")
    units: str
    low: FiniteFloat
    high: FiniteFloat
    max_step: FiniteFloat = Field(gt=0)
    start: FiniteFloat
    tolerance: FiniteFloat = Field(0.0, ge=0)
    settle_s: FiniteFloat = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> "ChannelEnvelope":
        if not self.low < self.high:
            raise ValueError(f"{self.address}: low {self.low:g} is not below high {self.high:g}")
        return self


class Envelope(BaseModel):
    """Stored with the approval and hashed with its content. `channels` is keyed by the variable's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str = Field(description="Slug of the machine.")
    channels: dict[str, ChannelEnvelope]
    evaluations: int = Field(ge=0, description="Evaluations the attempts of one execution share.")
    seconds: FiniteFloat = Field(gt=0, description="Time the attempts of one execution share.")
    end: Literal["best", "restore", "leave"] = "restore"
