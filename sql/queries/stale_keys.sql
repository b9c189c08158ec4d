-- Keys whose later events wait behind one that cannot be applied: $1 topic, $2 tenant, $3 a stream of the tenant (its
-- "#…" streams are included) or null for all, $4 limit.
SELECT head.partition, head.kafka_offset, encode(head.key, 'escape') AS key, head.reason,
       (SELECT count(*)
        FROM parked_events AS waiting
        WHERE waiting.projection = head.projection AND waiting.topic = head.topic AND waiting.partition = head.partition
          AND waiting.blocked_by = head.kafka_offset AND waiting.kafka_offset <> head.kafka_offset) AS behind
FROM parked_events AS head,
     convert_to($2::text || '/' || coalesce($3::text, ''), 'UTF8') AS wanted (key)
WHERE head.projection = 'postgres' AND head.topic = $1::text AND head.blocked_by = head.kafka_offset
  AND (($3 IS NOT NULL AND head.key = wanted.key)
       OR substring(head.key FROM 1 FOR octet_length(wanted.key) + CASE WHEN $3 IS NULL THEN 0 ELSE 1 END)
          = wanted.key || CASE WHEN $3 IS NULL THEN ''::bytea ELSE '#'::bytea END)
ORDER BY head.partition, head.kafka_offset
LIMIT $4::bigint
