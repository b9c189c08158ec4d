-- Records that documents and raw vectors were removed, so that an older record does not bring them back:
-- $1 source_sequences, $2 tenants, $3 streams, $4 kinds, $5 refs.
INSERT INTO removed_vectors_{g} AS r (source_sequence, tenant, stream_id, kind, ref)
SELECT g.source_sequence, g.tenant, g.stream_id, g.kind, g.ref
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS g(source_sequence, tenant, stream_id, kind, ref)
ON CONFLICT (tenant, stream_id, kind, ref)
DO UPDATE SET source_sequence = excluded.source_sequence
WHERE r.source_sequence < excluded.source_sequence
