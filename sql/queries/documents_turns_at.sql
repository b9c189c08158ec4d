-- Turns at given indexes as events left them: $1 tenants, $2 streams, $3 conversations, $4 indexes, $5 sequence_ids of
-- the events; n is the place in these arrays, from 1. A turn that the event left unchanged has no row. is_first is 1
-- unless the event corrected the turn.
SELECT w.n, v.created_at, (v.first_sequence IS NULL)::integer::bigint AS is_first
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
     WITH ORDINALITY AS w(tenant, stream_id, conversation_id, turn_index, sequence, n)
CROSS JOIN LATERAL (
    SELECT t.created_at, t.first_sequence
    FROM conversation_turns t
    WHERE t.tenant = w.tenant AND t.stream_id = w.stream_id AND t.conversation_id = w.conversation_id
      AND t.turn_index = w.turn_index AND t.source_sequence = w.sequence
    UNION ALL
    SELECT h.created_at, h.first_sequence
    FROM conversation_turns_history h
    WHERE h.tenant = w.tenant AND h.stream_id = w.stream_id AND h.conversation_id = w.conversation_id
      AND h.turn_index = w.turn_index AND h.source_sequence = w.sequence
) AS v
