-- Ids of memories between two ids: $1 tenant, $2 and $3 the ids, $4 stream or null, $5 how many.
SELECT DISTINCT id
FROM memories
WHERE id BETWEEN $2::uuid AND $3::uuid
  AND tenant = $1::text
  AND ($4::text IS NULL OR stream_id = $4::text)
ORDER BY id
LIMIT $5
