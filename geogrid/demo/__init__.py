"""The synthetic demo data: layers, incidents and ledger of 平城区. No other package generates data."""
