-- How far the projection $1 has come in each partition of the topic $2, and whether it has parked any event of the
-- topic.
SELECT partition, next_offset,
       EXISTS (SELECT FROM parked_events AS e WHERE e.projection = $1::text AND e.topic = $2::text) AS has_parked
FROM progress
WHERE projection = $1::text
  AND topic = $2::text
