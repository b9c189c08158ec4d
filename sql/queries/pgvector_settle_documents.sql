-- After a bulk load, keeps only the rows of the newest version of each document, each part once.
-- pgvector_settle_removed.sql deletes what was removed later.
DELETE FROM embeddings_{g} e
USING (SELECT ctid AS place, source_sequence,
              max(source_sequence) OVER (PARTITION BY tenant, stream_id, kind, ref) AS newest,
              row_number() OVER (PARTITION BY tenant, stream_id, kind, ref, part
                                 ORDER BY source_sequence DESC, ctid) AS age
       FROM embeddings_{g}) AS ranked
WHERE e.ctid = ranked.place AND (ranked.age > 1 OR ranked.source_sequence < ranked.newest)
