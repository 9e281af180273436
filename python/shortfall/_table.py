"""Tables: what they hold, and how they get to pandas, polars, DuckDB and pyarrow."""

from __future__ import annotations

import datetime
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Optional

from . import _native

if TYPE_CHECKING:
    import numpy
    import pandas

_DAY_0 = datetime.date(1970, 1, 1)

#: Rows that are shown of a table.
_SHOWN = 10


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    #: What its cells hold: `str`, `int`, `float`, `bool`, or `date`, which is the first day of a month.
    kind: str
    #: Unit of its numbers; empty where there is none. `see ...` names the column that has it.
    unit: str
    #: What it says, in words.
    meaning: str


class Table:
    """A table in memory.

    It hands itself on by the Arrow PyCapsule interface, without a copy: `polars.DataFrame(table)`, `pyarrow.table(table)`,
    `duckdb.sql("select * from claims")` with a variable of that name. `to_pandas()` needs NumPy and pandas alone. Units and meanings of the columns are in
    `columns`, and in the metadata of the Arrow schema.
    """

    def __init__(self, native: _native.Table, name: str) -> None:
        self._native = native
        #: What the table is called.
        self.name = name
        #: Its columns, in order.
        self.columns: list[Column] = [Column(*column) for column in native.columns]
        self._kinds = {column.name: column.kind for column in self.columns}

    @property
    def about(self) -> dict[str, str]:
        """What is known of the table: the version that made it, seed, digest of the config, what a row is."""
        return {name.removeprefix("shortfall."): value for name, value in sorted(self._native.about)}

    def head(self, rows: int = _SHOWN) -> Table:
        """The first rows."""
        return Table(self._native.head(rows), self.name)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._native)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Row by row, as dictionaries."""
        columns = self.to_dict()
        return (dict(zip(columns, cells)) for cells in zip(*columns.values()))

    def __getitem__(self, name: str) -> numpy.ndarray[Any, Any]:
        """A column as a NumPy array, in its unit.

        Empty cells are NaN, NaT or None; columns of whole numbers or truths that have any are of objects.
        """
        import numpy

        kind = self._kind_of(name)
        if kind == "str":
            return numpy.array(self._native.texts(name), dtype=object)
        values, empty = self._arrays(name, kind)
        if kind == "date":
            values = values.astype("datetime64[D]")
            values[empty] = numpy.datetime64("NaT")
        elif kind in ("int", "bool") and empty.any():
            values = values.astype(object)
            values[empty] = None
        return values

    def to_pandas(self) -> pandas.DataFrame:
        """As a DataFrame, made of NumPy arrays; pyarrow is not needed.

        Empty cells of whole numbers and truths are `pandas.NA`, of numbers NaN, of dates NaT. `attrs["units"]` and
        `attrs["meanings"]` say what the columns are.
        """
        import pandas

        def column(column: Column) -> Any:
            if column.kind in ("int", "bool"):
                values, empty = self._arrays(column.name, column.kind)
                if empty.any():
                    array = pandas.arrays.IntegerArray if column.kind == "int" else pandas.arrays.BooleanArray
                    return array(values, empty)
            if column.kind == "date":
                return self[column.name].astype("datetime64[s]")
            return self[column.name]

        frame = pandas.DataFrame({one.name: column(one) for one in self.columns})
        frame.attrs["units"] = {column.name: column.unit for column in self.columns}
        frame.attrs["meanings"] = {column.name: column.meaning for column in self.columns}
        return frame

    def to_dict(self) -> dict[str, list[Any]]:
        """As lists by column; needs no other package. Empty cells are None, dates `datetime.date`."""
        return {column.name: self._list(column.name, column.kind) for column in self.columns}

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    def _kind_of(self, name: str) -> str:
        if name not in self._kinds:
            raise KeyError(f"{self.name} has no column {name!r}; it has {', '.join(self._kinds)}")
        return self._kinds[name]

    def _arrays(self, name: str, kind: str) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """Values, and which cells are empty."""
        import numpy

        values, empty = self._native.raw(name)
        types = {"float": numpy.float64, "int": numpy.int64, "date": numpy.int64, "bool": numpy.bool_}
        return numpy.frombuffer(values, types[kind]).copy(), numpy.frombuffer(empty, numpy.bool_).copy()

    def _list(self, name: str, kind: str) -> list[Any]:
        if kind == "str":
            return list(self._native.texts(name))
        values, empty = (memoryview(part) for part in self._native.raw(name))
        cells: list[Any]
        if kind == "float":
            cells = values.cast("d").tolist()
        elif kind == "bool":
            cells = values.cast("?").tolist()
        else:
            cells = values.cast("q").tolist()
        if kind == "date":
            cells = [_DAY_0 + datetime.timedelta(days=days) for days in cells]
        return [None if none else cell for cell, none in zip(cells, empty)]

    def __repr__(self) -> str:
        return f"<shortfall.Table {self.name}: {len(self)} rows of {', '.join(self._kinds)}>"

    def _repr_html_(self) -> str:
        """The first rows; meaning and unit of a column where one points at its name."""

        def head(column: Column) -> str:
            unit = f" ({column.unit})" if column.unit else ""
            return f'<th title="{html.escape(column.meaning + unit)}">{html.escape(column.name)}</th>'

        def cell(value: Any) -> str:
            text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
            return f"<td>{html.escape(text)}</td>"

        rows = list(self.head(_SHOWN))
        body = "".join(f"<tr>{''.join(map(cell, row.values()))}</tr>" for row in rows)
        header = "".join(map(head, self.columns))
        shown = f", of which {len(rows)} are shown" if len(rows) < len(self) else ""
        count = f"{len(self):,}".replace(",", " ")
        return (
            f"<table><caption>{html.escape(self.name)}: {count} rows{shown}</caption>"
            f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
        )
