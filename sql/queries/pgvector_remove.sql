-- Deletes documents or raw vectors that are older than their removal: $1 source_sequences of the removals, $2 tenants,
-- $3 streams, $4 kinds, $5 refs. {table} is the table of either. pgvector_remember.sql records the removals.
DELETE FROM {table}_{g} e
USING unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS g(source_sequence, tenant, stream_id, kind, ref)
WHERE e.tenant = g.tenant AND e.stream_id = g.stream_id AND e.kind = g.kind AND e.ref = g.ref
  AND e.source_sequence < g.source_sequence
