-- Deletes the turns of deleted conversations and returns them: $1 the model, $2 its edition, $3 tenants, $4 streams,
-- $5 conversations, $6 sequence_ids of the events.
DELETE FROM documents d
USING unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) AS w(tenant, stream_id, conversation_id, sequence)
WHERE d.model = $1 AND d.edition = $2::integer AND d.tenant = w.tenant AND d.stream_id = w.stream_id
  AND d.conversation_id = w.conversation_id AND d.kind = 'turn'
RETURNING d.kind, d.ref, d.tenant, d.stream_id, w.sequence
