-- Turns of one conversation by index and time: $1 tenant, $2 to $4 the as-of time and position, $5 stream,
-- $6 conversation, $7 and $8 the first and the last index, $9 since, $10 until, $11 limit.
SELECT conversation_id, stream_id, turn_index, role, speaker, content, encode(content_hash, 'hex') AS content_hash,
       token_count, model, metadata, created_at, source_event_id
FROM {conversation_turns}
WHERE tenant = $1::text
  AND stream_id = $5::text
  AND conversation_id = $6::text
  AND ($7::bigint IS NULL OR turn_index >= $7::bigint)
  AND ($8::bigint IS NULL OR turn_index <= $8::bigint)
  AND ($9::timestamptz IS NULL OR created_at >= $9::timestamptz)
  AND ($10::timestamptz IS NULL OR created_at < $10::timestamptz)
ORDER BY turn_index
LIMIT $11::bigint
