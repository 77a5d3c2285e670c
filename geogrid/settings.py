"""Settings from environment variables, for the command line and the API. The library does not read them.

Every setting is an environment variable with the prefix ``GEOGRID_``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geogrid.errors import DatumError
from geogrid.geo.datums import CGCS2000, GCJ02, WGS84, parse_datum
from geogrid.model import SNAP_M
from geogrid.store_settings import DEFAULT_HOME, MAX_SNAP_M, MIN_SNAP_M, default_url

#: First bytes of a PMTiles archive of version 3.
_PMTILES = b"PMTiles\x03"


def _host(address: str | None) -> list[str]:
    """Return the scheme, host and port of a URL."""
    return (address or "").split("/")[:3]


class Settings(BaseSettings):
    """Settings of a deployment.

    Examples
    --------
    >>> Settings(home=Path("/srv/geogrid")).url
    'sqlite:////srv/geogrid/geogrid.db'
    """

    model_config = SettingsConfigDict(env_prefix="GEOGRID_", frozen=True)

    home: Path = Field(DEFAULT_HOME, description="Folder in which the service keeps its data.")
    database_url: str | None = Field(
        None, description="Database: sqlite:///… or postgresql://…. The default is geogrid.db in the home folder."
    )
    default_datum: str | None = Field(
        None, description="Datum of points that name none. Without it such points are refused."
    )
    snap_m: float = Field(
        SNAP_M,
        ge=MIN_SNAP_M,
        le=MAX_SNAP_M,
        description="Distance in metres within which a point outside all base grids is assigned to the nearest one. "
        "0 disables this.",
    )
    max_body_mb: int = Field(64, ge=1, le=4096, description="Largest accepted request body in MB.")
    anonymous_maps: bool = Field(default=True, description="Whether anonymous users see maps, with coarse cells.")
    anonymous_locate: bool = Field(default=True, description="Whether anonymous users may locate points.")
    oidc_issuer: str | None = Field(
        None,
        description="URL of the OpenID provider whose tokens are accepted (https://). Without it no token is accepted.",
    )
    oidc_audience: str | None = Field(None, description="Audience that the tokens must name. Required with an issuer.")
    oidc_jwks_url: str | None = Field(
        None, description="Address of the provider's signing keys. The default is the one in its discovery document."
    )
    oidc_roles_claim: str = Field("roles", description="Claim that contains the roles. A dot leads into an object.")
    oidc_bounds_claim: str | None = Field(
        None, description="Claim that contains the bounds. If it is set, every token must have this claim."
    )

    tiles_url: str | None = Field(
        None, description="Base map: address of its tiles with {z}, {x} and {y}. Without it no base map is drawn."
    )
    tiles_labels_url: str | None = Field(
        None, description="Address of label tiles drawn over the base map, on the same host, as 天地图 provides them."
    )
    tiles_pmtiles: Path | None = Field(None, description="PMTiles file that is the base map, instead of a tile server.")
    tiles_datum: str | None = Field(
        None, description="Datum of the base map: wgs84, cgcs2000 or gcj02. Required with a base map, never guessed."
    )
    tiles_attribution: str = Field(
        "",
        max_length=200,
        description="Attribution of the base map in the legend. The default is the host or the file name.",
    )

    tick_s: float = Field(
        60,
        ge=0,
        le=86_400,
        description="Interval in seconds at which the service escalates incidents and issues cards. 0 disables this; "
        "`geogrid loop tick` then does it.",
    )

    render_workers: int = Field(
        0,
        ge=0,
        le=64,
        description="Largest number of render processes of a service process, for maps, prints and figures by area. 0 "
        "computes them in the service process. `geogrid serve` has its own default, see --render-workers.",
    )

    @property
    def url(self) -> str:
        """URL of the database."""
        return self.database_url or default_url(self.home)

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _check_https(cls, value: str | None) -> str | None:
        # Signing keys must not be fetched over an unencrypted connection.
        if value and not re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)", value):
            raise ValueError("it must begin with https://")
        return value

    @field_validator("tiles_url", "tiles_labels_url")
    @classmethod
    def _check_template(cls, value: str | None) -> str | None:
        if not value:
            return None
        # The host becomes part of the Content-Security-Policy.
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?/[!-~]*", value):
            raise ValueError(
                "it must begin with http:// or https://, name one host and have no blanks; one host, not {s}"
            )
        if not all(re.search(part, value) for part in (r"\{z\}", r"\{x\}", r"\{-?y\}")):
            raise ValueError("it must contain {z}, {x} and {y} for zoom, column and row of a tile")
        return value

    @field_validator("tiles_pmtiles")
    @classmethod
    def _check_archive(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        if not value.is_file():
            raise ValueError("there is no such file; name a PMTiles file, or unset it")
        with value.open("rb") as file:
            if file.read(len(_PMTILES)) != _PMTILES:
                raise ValueError("the file is not a PMTiles archive of version 3; convert it with the program pmtiles")
        return value.resolve()

    @field_validator("tiles_datum")
    @classmethod
    def _check_tiles_datum(cls, value: str | None) -> str | None:
        datum = cls._parse_datum(value)
        if datum not in (None, WGS84, CGCS2000, GCJ02):
            raise ValueError("the datum of tiles is wgs84, cgcs2000 (天地图) or gcj02 (AMap, Tencent)")
        return datum

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("GEOGRID_OIDC_ISSUER needs GEOGRID_OIDC_AUDIENCE")
        if self.tiles_url and self.tiles_pmtiles:
            raise ValueError("GEOGRID_TILES_URL and GEOGRID_TILES_PMTILES exclude each other: set one of them")
        if self.tiles_labels_url and _host(self.tiles_labels_url) != _host(self.tiles_url):
            raise ValueError("GEOGRID_TILES_LABELS_URL must have the same host as GEOGRID_TILES_URL")
        if (self.tiles_url or self.tiles_pmtiles) and not self.tiles_datum:
            raise ValueError("a base map needs GEOGRID_TILES_DATUM: wgs84, cgcs2000 (天地图) or gcj02 (AMap, Tencent)")
        return self

    @field_validator("default_datum")
    @classmethod
    def _parse_datum(cls, value: str | None) -> str | None:
        try:
            return parse_datum(value) if value else None
        except DatumError as error:
            raise ValueError(str(error)) from error
