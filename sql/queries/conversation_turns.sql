-- Turns of one conversation ($1 tenant, $2 stream, $3 conversation) by index ($4 to $5) and time ($6, before $7).
SELECT conversation_id, stream_id, turn_index, role, speaker, content, encode(content_hash, 'hex') AS content_hash,
       token_count, model, metadata, created_at, source_event_id
FROM conversation_turns
WHERE tenant = $1::text
  AND stream_id = $2::text
  AND conversation_id = $3::text
  AND ($4::bigint IS NULL OR turn_index >= $4::bigint)
  AND ($5::bigint IS NULL OR turn_index <= $5::bigint)
  AND ($6::timestamptz IS NULL OR created_at >= $6::timestamptz)
  AND ($7::timestamptz IS NULL OR created_at < $7::timestamptz)
ORDER BY turn_index
LIMIT $8::bigint
