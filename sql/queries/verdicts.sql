-- What became of events: $1 their sequence_ids, $2 the topic, $3 the tenant or null. Returns a row for each event that
-- the postgres projection has judged, parked or dropped, with its place in $1, from 0. The tenant of an event that was
-- not judged is known from its key, which consists of tenant and stream, separated by a slash.
SELECT asked.place - 1 AS place,
       coalesce(judged.verdict::text, CASE WHEN parked.is_dropped THEN 'dropped' ELSE 'parked' END) AS verdict,
       CASE WHEN judged.verdict = 'accepted' THEN judged.version ELSE judged.actual_version END AS actual_version,
       parked.reason
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (sequence_id, place)
LEFT JOIN events AS judged
       ON judged.sequence_id = asked.sequence_id AND ($3::text IS NULL OR judged.tenant = $3::text)
LEFT JOIN LATERAL (
    SELECT reason, false AS is_dropped FROM parked_events
    WHERE projection = 'postgres' AND topic = $2
      AND partition = asked.sequence_id % 4096 AND kafka_offset = asked.sequence_id / 4096
      AND ($3::text IS NULL OR position(convert_to($3::text || '/', 'UTF8') IN key) = 1)
    UNION ALL
    SELECT coalesce(note || ' (' || reason || ')', reason), true FROM dropped_events
    WHERE projection = 'postgres' AND topic = $2
      AND partition = asked.sequence_id % 4096 AND kafka_offset = asked.sequence_id / 4096
      AND ($3::text IS NULL OR position(convert_to($3::text || '/', 'UTF8') IN key) = 1)
    LIMIT 1
) AS parked ON judged.sequence_id IS NULL
WHERE judged.sequence_id IS NOT NULL OR parked.is_dropped IS NOT NULL
