-- Decisions by people about messages of the topic $1, in the order of the log: messages that were dropped in the
-- projection $2 ("embed" stands for every "embed.MODEL") or in the ledger, with the columns that identify them;
-- otherwise messages that were parked by hand. If $2 is null, for a reader, dropped messages are left out.
SELECT DISTINCT ON (partition, kafka_offset) partition::bigint, kafka_offset, reason, recorded_micros, key, value
FROM (SELECT partition, kafka_offset, reason, (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_micros, key, value
      FROM dropped_events
      WHERE topic = $1 AND split_part(projection, '.', 1) IN ('postgres', $2::text) AND $2 IS NOT NULL
      UNION ALL
      SELECT partition, kafka_offset, reason, NULL, NULL, NULL FROM hand_parked WHERE topic = $1) AS said
ORDER BY partition, kafka_offset, recorded_micros NULLS LAST
