"""Markdown table of the settings, from `geogrid.settings.Settings`."""

from __future__ import annotations

from geogrid.settings import Settings
from geogrid_site.escaping import cell


def markdown() -> str:
    """Return the table of all settings: variable, default, meaning."""
    prefix = Settings.model_config["env_prefix"]
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "none" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `{prefix}{name.upper()}` | {default} | {cell(field.description or '')} |")
    return "\n".join(rows)
