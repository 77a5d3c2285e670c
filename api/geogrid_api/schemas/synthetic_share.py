"""Response model of the synthetic part of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from geogrid.model.synthetic_share import SyntheticShare


class SyntheticShareResponse(BaseModel):
    """The synthetic part of the data behind figures."""

    synthetic: int = Field(description="Number of synthetic records (合成示意).")
    real: int = Field(description="Number of real records.")
    grids: bool = Field(description="Whether the layers contain synthetic areas.")
    population: bool = Field(description="Whether any population number is synthetic.")


def make_share_response(share: SyntheticShare) -> SyntheticShareResponse:
    """Return the response for a synthetic part."""
    return SyntheticShareResponse(**share.as_json())
