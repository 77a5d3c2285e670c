"""Settings from the environment; read by the command line and the API only, never by the library.

Every setting is an environment variable with the prefix ``GEOGRID_``.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from geogrid.crs import parse_datum
from geogrid.errors import DatumError
from geogrid.model import SNAP_M


class Settings(BaseSettings):
    """What a deployment can set.

    Examples
    --------
    >>> Settings(home=Path("/srv/geogrid")).url
    'sqlite:////srv/geogrid/geogrid.db'
    """

    model_config = SettingsConfigDict(env_prefix="GEOGRID_", frozen=True)

    home: Path = Field(Path("geogrid-data"), description="The folder that the service keeps its data in.")
    database_url: str | None = Field(None, description="A SQLAlchemy URL; by default geogrid.db in the home folder.")
    default_datum: str | None = Field(
        None, description="The datum of points that name none; without it such points are refused."
    )
    snap_m: float = Field(
        SNAP_M,
        ge=0,
        le=1000,
        description="How near a point outside is drawn to the nearest grid, in metres.",
    )
    max_body_mb: int = Field(64, ge=1, le=4096, description="The largest request body in MB.")

    @property
    def url(self) -> str:
        """The address of the database."""
        if self.database_url:
            return self.database_url
        # Marks that mean something in an address, such as ? or %, may stand in a folder's name.
        return URL.create("sqlite", database=str(self.home / "geogrid.db")).render_as_string()

    @field_validator("default_datum")
    @classmethod
    def _canonical(cls, value: str | None) -> str | None:
        try:
            return parse_datum(value) if value else None
        except DatumError as error:
            raise ValueError(str(error)) from error
