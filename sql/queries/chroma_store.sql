-- Records which version of each document or vector is stored from now on: $1 generation, $2 tenants, $3 streams,
-- $4 kinds, $5 refs, $6 collections, $7 sequence_ids, $8 which are deleted, $9 how many parts each has.
INSERT INTO stored_documents AS s (generation, tenant, stream_id, kind, ref, collection, source_sequence, is_deleted,
                                   parts)
SELECT $1::integer, n.tenant, n.stream_id, n.kind, n.ref, n.collection, n.source_sequence, n.is_deleted <> 0, n.parts
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
            $9::bigint[])
    AS n(tenant, stream_id, kind, ref, collection, source_sequence, is_deleted, parts)
ON CONFLICT (generation, tenant, stream_id, kind, ref)
DO UPDATE SET collection = excluded.collection, source_sequence = excluded.source_sequence,
              is_deleted = excluded.is_deleted, parts = excluded.parts
WHERE s.source_sequence < excluded.source_sequence
