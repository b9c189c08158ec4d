-- Removes documents and raw vectors, and remembers when. {table} is that of either.
DELETE FROM {table}_{g} e
USING unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS g(source_sequence, tenant, stream_id, kind, ref)
WHERE e.tenant = g.tenant AND e.stream_id = g.stream_id AND e.kind = g.kind AND e.ref = g.ref
  AND e.source_sequence < g.source_sequence
