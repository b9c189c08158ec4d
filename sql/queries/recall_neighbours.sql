-- The document at each of given positions in conversations, a memory rather than a turn at the same position:
-- $1 tenant, $2 streams, $3 conversations, $4 positions.
SELECT DISTINCT ON (d.stream_id, d.conversation_id, d.position) d.stream_id, d.kind, d.ref
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS p(stream_id, conversation_id, position)
JOIN documents AS d
    ON d.tenant = $1 AND d.conversation_id = p.conversation_id AND d.position = p.position AND d.stream_id = p.stream_id
ORDER BY d.stream_id, d.conversation_id, d.position, d.kind
