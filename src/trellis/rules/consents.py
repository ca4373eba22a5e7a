"""What rules need of consents: the newest word on each purpose, in one pass over them."""

from __future__ import annotations

from trellis.rules.params import Params, Scope


class Consents:
    """The consents of one statement, each column made once; alias ``k`` has them."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._names: dict[tuple[str, str, str], str] = {}

    def column(self, purpose: str, channel: str, column: str) -> str:
        """The column that holds ``column`` of the newest word on a purpose, on a channel
        where one is named; NULL where nothing was said."""
        key = (purpose, channel, column)
        return f"k.{self._names.setdefault(key, f'k{len(self._names)}')}"

    def joins(self, scope: Scope) -> list[str]:
        """The join that offers ``k`` beside ``c``."""
        if not self._names:
            return []
        return [f"LEFT JOIN ({self._query(scope)}) k ON k.contact_id = c.contact_id"]

    def _query(self, scope: Scope) -> str:
        columns = []
        for (purpose, channel, column), name in self._names.items():
            test = f"x.purpose = {self.params.add(purpose, 'text')}"
            if channel:
                test += f" AND x.channel IN ({self.params.add(channel, 'text')}, '*')"
            columns.append(
                f"(array_agg(x.{column} ORDER BY x.at DESC, x.consent_id DESC)"
                f" FILTER (WHERE {test}))[1] AS {name}"
            )
        return (
            f"SELECT x.contact_id, {', '.join(columns)} FROM consent x"
            f" WHERE {scope.of('x.contact_id')} GROUP BY x.contact_id"
        )
