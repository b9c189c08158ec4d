-- Deletes documents: $1 the model, $2 its edition, $3 tenants, $4 streams, $5 kinds, $6 refs.
DELETE FROM documents d
USING unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS w(tenant, stream_id, kind, ref)
WHERE d.model = $1 AND d.edition = $2::integer AND d.tenant = w.tenant AND d.stream_id = w.stream_id AND d.kind = w.kind
  AND d.ref = w.ref
