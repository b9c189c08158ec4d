-- Ids of knowledge from $2 to $3: $1 tenant, $4 stream or null, $5 limit.
SELECT DISTINCT knowledge_id AS id
FROM knowledge
WHERE knowledge_id BETWEEN $2::uuid AND $3::uuid
  AND tenant = $1::text
  AND ($4::text IS NULL OR stream_id = $4::text)
ORDER BY knowledge_id
LIMIT $5
