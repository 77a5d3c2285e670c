"""The filters of the ledger pages, and the addresses that keep them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from geogrid.constants import Language
from geogrid.ledger.ledger_filter import LedgerFilter, SiteFilter
from geogrid.ledger.three_lists import ListName
from geogrid.local_time import day_span

if TYPE_CHECKING:
    from datetime import date, datetime

    from geogrid.ledger.ledger_filter import SiteState
    from geogrid.model import EntryState

#: Query parameter of each filter of the lists.
_LIST_PARAMETERS: Final = {
    "first": "from",
    "last": "to",
    "area": "area",
    "category": "category",
    "department": "department",
    "state": "state",
    "round": "round",
    "site": "site",
    "past_due": "past_due",
}
_SITE_PARAMETERS: Final = {"area": "area", "kind": "kind", "state": "state", "round": "round"}


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A list of the ledger with its filters, as `LedgerFilter` describes them. ``None`` disables a filter.

    Attributes
    ----------
    list_name
        The list.
    first, last
        First and last day on which a problem was found, inclusive.
    past_due
        True for problems that are past due only.
    """

    list_name: ListName = ListName.PROBLEMS
    first: date | None = None
    last: date | None = None
    area: str | None = None
    category: str | None = None
    department: str | None = None
    state: EntryState | None = None
    round: int | None = None
    site: int | None = None
    past_due: bool = False
    language: Language = Language.ZH

    def filter(self, now: datetime) -> LedgerFilter:
        """Return the filter of the entries.

        Raises
        ------
        QueryError
            If the last day is before the first.
        """
        since, until = day_span(self.first, self.last)
        return LedgerFilter(
            self.area,
            self.round,
            since,
            until,
            self.category,
            self.department,
            self.state,
            self.site,
            past_due_at=now if self.past_due else None,
        )

    def query(self, **changes: Any) -> str:  # noqa: ANN401 - values of the fields
        """Return the query of the page with some fields changed."""
        view = replace(self, **changes)
        return urlencode({"list": view.list_name} | view.parameters() | _language(view.language))

    def export_query(self, file_format: str, list_name: ListName | None) -> str:
        """Return the query of ``/v1/ledger/export`` with the filters of the page; None exports all lists."""
        chosen = {"format": file_format} | ({"list": list_name} if list_name else {})
        return urlencode(chosen | self.parameters() | {"lang": self.language})

    def parameters(self) -> dict[str, str]:
        """Return the query parameters of the filters that are on."""
        return _parameters(self, _LIST_PARAMETERS)


@dataclass(frozen=True, slots=True)
class SiteView:
    """The list of sites with its filters, as `SiteFilter` describes them."""

    area: str | None = None
    kind: str | None = None
    state: SiteState | None = None
    round: int | None = None
    language: Language = Language.ZH

    def filter(self) -> SiteFilter:
        """Return the filter of the sites."""
        return SiteFilter(self.area, self.kind, self.state, self.round)

    def query(self, **changes: Any) -> str:  # noqa: ANN401 - values of the fields
        """Return the query of the page with some fields changed."""
        view = replace(self, **changes)
        return urlencode(_parameters(view, _SITE_PARAMETERS) | _language(view.language))


def other_language(language: Language) -> Language:
    """Return the other language."""
    return Language.EN if language is Language.ZH else Language.ZH


def _parameters(view: LedgerView | SiteView, names: dict[str, str]) -> dict[str, str]:
    values = {parameter: getattr(view, name) for name, parameter in names.items()}
    return {
        parameter: "true" if value is True else str(value)
        for parameter, value in values.items()
        if value not in (None, False)
    }


def _language(language: Language) -> dict[str, str]:
    return {} if language is Language.ZH else {"lang": language.value}
