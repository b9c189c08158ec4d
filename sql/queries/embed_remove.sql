-- Takes away documents: $1 the model, $2 tenants, $3 streams, $4 kinds, $5 refs.
DELETE FROM documents d
USING unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS w(tenant, stream_id, kind, ref)
WHERE d.model = $1 AND d.tenant = w.tenant AND d.stream_id = w.stream_id AND d.kind = w.kind AND d.ref = w.ref
