-- Ids of memories from $2 to $3: $1 tenant, $4 stream or null, $5 limit.
SELECT DISTINCT id
FROM memories
WHERE id BETWEEN $2::uuid AND $3::uuid
  AND tenant = $1::text
  AND ($4::text IS NULL OR stream_id = $4::text)
ORDER BY id
LIMIT $5
