-- After a bulk load: of each key the newest row, unless it was removed later. {table} is that of either kind.
DELETE FROM {table}_{g} e
USING (SELECT ctid AS place, row_number() OVER (PARTITION BY tenant, stream_id, kind, ref
                                                ORDER BY source_sequence DESC, ctid) AS age
       FROM {table}_{g}) AS ranked
WHERE e.ctid = ranked.place AND ranked.age > 1
