-- The streams that use ids of hypotheses: $1 tenant, $2 the ids; $3 is not used. Returns a row for each stream that
-- uses an id.
SELECT h.hypothesis_id::text AS id, h.stream_id, h.user_id, h.agent_id
FROM hypotheses AS h
WHERE h.hypothesis_id = ANY($2::uuid[])
  AND h.tenant = $1::text
  AND $3::boolean IS NOT NULL
