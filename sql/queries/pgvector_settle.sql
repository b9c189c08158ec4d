-- After a bulk load, keeps only the newest row of each key. {table} is raw_vectors or removed_vectors.
-- pgvector_settle_removed.sql deletes what was removed later.
DELETE FROM {table}_{g} e
USING (SELECT ctid AS place, row_number() OVER (PARTITION BY tenant, stream_id, kind, ref
                                                ORDER BY source_sequence DESC, ctid) AS age
       FROM {table}_{g}) AS ranked
WHERE e.ctid = ranked.place AND ranked.age > 1
