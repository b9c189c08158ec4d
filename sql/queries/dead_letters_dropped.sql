-- Dropped events of all projections, the oldest first: $1 a projection ("embed" stands for every "embed.MODEL") or
-- null, $2 a key or null, $3 a partition and $4 an offset or null, $5 whether to return the bytes, $6 limit. Nothing
-- waits behind a dropped event.
SELECT partition || ':' || kafka_offset AS position, projection, topic, partition, kafka_offset, encode(key, 'escape') AS key, reason,
       0::bigint AS behind, NULL::bigint AS waits_for, recorded_at, parked_at, note, dropped_at,
       CASE WHEN $5::boolean THEN encode(value, 'hex') END AS value_hex,
       CASE WHEN $5::boolean THEN translate(encode(value, 'base64'), E'\n', '') END AS value_base64
FROM dropped_events
WHERE ($1::text IS NULL OR projection = $1 OR starts_with(projection, $1 || '.'))
  AND ($2::text IS NULL OR key = convert_to($2, 'UTF8'))
  AND ($3::bigint IS NULL OR (partition = $3 AND kafka_offset = $4::bigint))
ORDER BY dropped_at, projection, topic, partition, kafka_offset
LIMIT $6::bigint
