-- Every version of a user's profile, with the event and the actor that made it: $1 tenant, $2 to $4 the as-of time and
-- position, $5 user, $6 stream or null, $7 limit, $8 offset.
SELECT v.version, v.source_event_id AS event_id, e.event_type,
       v.source_sequence % 4096 || ':' || v.source_sequence / 4096 AS position, v.stream_id, e.actor, e.agent_id,
       v.updated_at AS occurred_at, v.valid_from AS recorded_at, v.valid_to,
       e.metadata ->> 'correlation_id' AS correlation_id, e.metadata ->> 'causation_id' AS causation_id,
       e.payload AS changes, v.profile, v.preferences, v.source
FROM (
    SELECT p.version, p.source_event_id, p.source_sequence, p.stream_id, p.updated_at, p.valid_from,
           NULL::timestamptz AS valid_to, p.profile, p.preferences, p.source
    FROM profiles AS p
    WHERE p.tenant = $1::text AND p.user_id = $5::text
    UNION ALL
    SELECT h.version, h.source_event_id, h.source_sequence, h.stream_id, h.updated_at, h.valid_from, h.valid_to,
           h.profile, h.preferences, h.source
    FROM profiles_history AS h
    WHERE h.tenant = $1::text AND h.user_id = $5::text
) AS v
LEFT JOIN events AS e ON e.sequence_id = v.source_sequence AND e.recorded_at = v.valid_from
WHERE ($6::text IS NULL OR v.stream_id = $6::text)
  AND happened(v.source_sequence, v.valid_from, $2, $3, $4)
ORDER BY v.stream_id, v.version
LIMIT $7::bigint OFFSET $8::bigint
