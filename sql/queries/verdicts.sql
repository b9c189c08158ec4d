-- What became of events: $1 their sequence_ids, $2 the topic, $3 the tenant or null. A row for each that the postgres
-- projection has judged or parked, with its place in $1 from 0. Whose a parked event is, its key tells: the tenant, a
-- slash, the stream.
SELECT asked.place - 1 AS place,
       coalesce(judged.verdict::text, 'parked') AS verdict,
       CASE WHEN judged.verdict = 'accepted' THEN judged.version ELSE judged.actual_version END AS actual_version,
       parked.reason
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (sequence_id, place)
LEFT JOIN events AS judged
       ON judged.sequence_id = asked.sequence_id AND ($3::text IS NULL OR judged.tenant = $3::text)
LEFT JOIN parked_events AS parked
       ON parked.projection = 'postgres' AND parked.topic = $2
      AND parked.partition = asked.sequence_id % 4096 AND parked.kafka_offset = asked.sequence_id / 4096
      AND ($3::text IS NULL OR position(convert_to($3::text || '/', 'UTF8') IN parked.key) = 1)
WHERE judged.sequence_id IS NOT NULL OR parked.kafka_offset IS NOT NULL
