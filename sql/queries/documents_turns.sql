-- Indexes assigned to turns: $1 tenants, $2 streams, $3 conversations, $4 and $5 the first and the last sequence_id of
-- the turns. Rows are in the order of the log, those of one event in the order of their indexes. Turns of a
-- conversation that was created again, and turns that were corrected, are in the history.
SELECT t.source_sequence, t.turn_index
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS w(tenant, stream_id, conversation_id, low, high)
CROSS JOIN LATERAL (
    SELECT t.source_sequence, t.turn_index
    FROM conversation_turns t
    WHERE t.tenant = w.tenant AND t.stream_id = w.stream_id AND t.conversation_id = w.conversation_id
      AND t.source_sequence BETWEEN w.low AND w.high
    UNION ALL
    SELECT h.source_sequence, h.turn_index
    FROM conversation_turns_history h
    WHERE h.tenant = w.tenant AND h.stream_id = w.stream_id AND h.conversation_id = w.conversation_id
      AND h.source_sequence BETWEEN w.low AND w.high
) AS t
ORDER BY t.source_sequence, t.turn_index
