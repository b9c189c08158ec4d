-- Records what is removed, so that an older record does not bring it back.
INSERT INTO removed_vectors_{g} AS r (source_sequence, tenant, stream_id, kind, ref)
SELECT g.source_sequence, g.tenant, g.stream_id, g.kind, g.ref
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS g(source_sequence, tenant, stream_id, kind, ref)
ON CONFLICT (tenant, stream_id, kind, ref)
DO UPDATE SET source_sequence = excluded.source_sequence
WHERE r.source_sequence < excluded.source_sequence
