"""UNNEST as Trino means it: rows spread into columns, maps into key and value, several arrays side by side."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from pixlake.localcloud.athena.column_names import UNNAMED
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.scopes import Scope, children


def translate_unnest(unnest: exp.Unnest, scope: Scope) -> exp.Expr:
    """Turn `UNNEST(a, b) [WITH ORDINALITY] AS t(x, y, n)` into a subquery that may look at the sources before it."""
    arrays = [array.sql("duckdb") for array in unnest.expressions]
    inner: list[str] = []
    outer: list[str] = []
    for index, array in enumerate(arrays):
        type_ = scope.type_of(unnest.expressions[index])
        if type_ is None:
            # The engine cannot bind it: let it say why, in its own place.
            scope.engine.types(scope.probe(array))
            raise NotSupported(f"UNNEST({array})")
        if type_.id == "map":
            inner += [f"unnest(map_keys({array})) AS k{index}", f"unnest(map_values({array})) AS v{index}"]
            outer += [f"k{index} AS {UNNAMED}k{index}", f"v{index} AS {UNNAMED}v{index}"]
        elif type_.id == "list":
            inner.append(f"unnest({array}) AS e{index}")
            element = children(type_)[0][1]
            if element.id == "struct":
                outer += [f'(e{index})."{name}" AS "{name}"' for name, _ in children(element)]
            elif element.id == "tuple":
                outer += [f"e{index}[{n}] AS {UNNAMED}f{index}_{n}" for n in range(1, len(children(element)) + 1)]
            else:
                outer.append(f"e{index} AS {UNNAMED}e{index}")
        else:
            raise QueryFailed(f"TYPE_MISMATCH: line 1:1: Cannot unnest type: {str(type_).lower()}")
    if unnest.args.get("offset"):
        lengths = ", ".join(f"coalesce(cardinality({array}), 0)" for array in arrays)
        inner.append(f"unnest(generate_series(1, CAST(greatest({lengths}) AS BIGINT))) AS ordinality")
        outer.append(f"ordinality AS {UNNAMED}ordinality")
    query = sqlglot.parse_one(f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)})", read="duckdb")  # noqa: S608
    return (
        exp.Lateral(this=exp.Subquery(this=query), alias=_alias(unnest))
        if scope.sources
        else exp.Subquery(this=query, alias=_alias(unnest))
    )


def _alias(unnest: exp.Unnest) -> exp.TableAlias:
    alias = unnest.args.get("alias")
    columns = list(alias.columns) if alias else []
    offset = unnest.args.get("offset")
    if isinstance(offset, exp.Identifier):
        columns.append(offset)
    table = alias.this if alias and alias.this else exp.to_identifier("_unnested")
    return exp.TableAlias(this=table, columns=columns)
