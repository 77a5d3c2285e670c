"""The synthetic demo: layers, incidents and ledger of 平城区. Nothing else in geogrid invents data."""
