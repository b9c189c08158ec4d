DELETE FROM {table}_{g} e
USING removed_vectors_{g} r
WHERE e.tenant = r.tenant AND e.stream_id = r.stream_id AND e.kind = r.kind AND e.ref = r.ref
  AND e.source_sequence <= r.source_sequence
