-- Moves the turns of deleted conversations to the history: $1 tenants, $2 streams, $3 conversations, $4 sequence_ids of
-- the events, $5 their recorded_at as text.
WITH gone AS (
    DELETE FROM documents d
    USING unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
        AS w(tenant, stream_id, conversation_id, sequence, recorded_at)
    WHERE d.tenant = w.tenant AND d.stream_id = w.stream_id AND d.conversation_id = w.conversation_id AND d.kind = 'turn'
    RETURNING d.*, w.sequence, w.recorded_at::timestamptz
)
INSERT INTO documents_history SELECT * FROM gone
