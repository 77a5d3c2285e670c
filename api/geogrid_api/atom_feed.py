"""Atom feed (RFC 4287) of incidents that are nearly due or overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from geogrid.local_time import local_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Incident

MEDIA_TYPE: Final = "application/atom+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
ET.register_namespace("", _ATOM)


def write_feed(incidents: Sequence[Incident], rules: RuleSet, origin: str, now: datetime) -> bytes:
    """Return the feed as XML, with the incident that became urgent last first.

    Parameters
    ----------
    incidents
        Urgent incidents.
    rules
        Active rules, for names.
    origin
        URL of the service, such as ``http://127.0.0.1:8000``.
    now
        Present time.
    """
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", "urn:geogrid:feed:due")
    _add(feed, "title", "即将到期与超时 · nearly due and overdue")
    _add(feed, "updated", _format_time(_urgent_since(incidents[0], now) if incidents else now))
    _add(feed, "author").append(_element("name", "geogrid"))
    _add(feed, "link", rel="self", href=f"{origin}/v1/feeds/due")
    for incident in incidents:
        feed.append(_entry(incident, rules, origin, now))
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entry(incident: Incident, rules: RuleSet, origin: str, now: datetime) -> ET.Element:
    progress = incident.progress
    overdue = progress.stage_due_at is not None and progress.stage_due_at < now
    category = rules.categories.nodes.get(incident.report.category)
    word = "超时 overdue" if overdue else "即将到期 nearly due"
    entry = _element("entry")
    # The id contains the time, so that a feed reader shows the entry again after a changed or passed due time.
    updated = _format_time(_urgent_since(incident, now))
    _add(entry, "id", f"urn:geogrid:incident:{incident.id}:{updated}")
    _add(entry, "title", f"{word}: {incident.id} {category.name if category else incident.report.category}")
    _add(entry, "updated", updated)
    _add(entry, "link", rel="alternate", href=f"{origin}/incidents/{incident.id}")
    due = progress.stage_due_at.astimezone(local_zone()).strftime("%Y-%m-%d %H:%M") if progress.stage_due_at else "—"
    state = rules.workflow.states[progress.status]
    grid = incident.placement.responsible_code or "—"
    _add(entry, "summary", f"{state.name} {state.name_en} · {progress.department or '—'} · {grid} · {due}")
    return entry


def _urgent_since(incident: Incident, now: datetime) -> datetime:
    due, warn = incident.progress.stage_due_at, incident.progress.warn_at
    if due is not None and due < now:
        return due
    return warn or now


def _format_time(time: datetime) -> str:
    return time.astimezone(local_zone()).isoformat(timespec="seconds")


def _element(name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.Element(f"{{{_ATOM}}}{name}", attributes)
    element.text = text
    return element


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = _element(name, text, **attributes)
    parent.append(element)
    return element
