-- Takes away the turns of deleted conversations, and tells which they were: $1 the model, $2 tenants, $3 streams, $4
-- conversations, $5 sequence_ids of the events.
DELETE FROM documents d
USING unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS w(tenant, stream_id, conversation_id, sequence)
WHERE d.model = $1 AND d.tenant = w.tenant AND d.stream_id = w.stream_id AND d.conversation_id = w.conversation_id
  AND d.kind = 'turn'
RETURNING d.kind, d.ref, d.tenant, d.stream_id, w.sequence
