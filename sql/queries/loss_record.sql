-- Records in the scratch schema what the log has lost: losses that were recorded before and are still lost, and new
-- ones.
DO $$
DECLARE
    live text := current_setting('mneme.live');
    log_topic text := current_setting('mneme.log_topic');
    starts bigint[] := current_setting('mneme.log_starts')::bigint[];
BEGIN
    IF to_regclass(format('%I.log_losses', live)) IS NOT NULL THEN
        EXECUTE format('INSERT INTO log_losses SELECT l.* FROM %I.log_losses l '
                       'WHERE l.topic = $1 AND l.last_offset < ($2)[l.kafka_partition + 1]', live)
        USING log_topic, starts;
    END IF;
    INSERT INTO log_losses (topic, kafka_partition, first_offset, last_offset, accepted_at, accepted_by)
    SELECT log_topic, s.place - 1, coalesce(max(l.last_offset) + 1, 0), s.start - 1, now(),
           current_setting('mneme.accepted_by')
    FROM unnest(starts) WITH ORDINALITY AS s (start, place)
    LEFT JOIN log_losses l ON l.kafka_partition = s.place - 1
    GROUP BY s.start, s.place
    HAVING coalesce(max(l.last_offset) + 1, 0) < s.start;
END
$$
