-- Takes away documents, and tells which were there: $1 the model, $2 tenants, $3 streams, $4 kinds, $5 refs, $6
-- sequence_ids of the events.
DELETE FROM documents d
USING unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) AS w(tenant, stream_id, kind, ref, sequence)
WHERE d.model = $1 AND d.tenant = w.tenant AND d.stream_id = w.stream_id AND d.kind = w.kind AND d.ref = w.ref
RETURNING d.kind, d.ref, d.tenant, d.stream_id, w.sequence
