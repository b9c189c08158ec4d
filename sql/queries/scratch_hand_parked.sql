-- What was parked by hand is parked in the scratch schema as well, and what was dropped is dropped; but for what the scratch
-- schema has applied, since another event lies there in a topic that was made again.
DO $$
DECLARE
    live text := current_setting('mneme.live');
    scratch text := current_setting('mneme.scratch');
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['hand_parked', 'dropped_events'] LOOP
        IF to_regclass(format('%I.%I', live, name)) IS NOT NULL AND to_regclass(format('%I.%I', scratch, name)) IS NOT NULL THEN
            EXECUTE format('INSERT INTO %2$I.%1$I SELECT * FROM %3$I.%1$I ON CONFLICT DO NOTHING', name, scratch, live);
        END IF;
    END LOOP;
    IF to_regclass(format('%I.dropped_events', scratch)) IS NOT NULL THEN
        EXECUTE format('DELETE FROM %1$I.dropped_events AS d USING %1$I.progress AS p '
                       'WHERE d.projection = ''postgres'' AND p.projection = d.projection AND p.topic = d.topic '
                       'AND p.partition = d.partition '
                       'AND EXISTS (SELECT FROM %1$I.events AS e WHERE e.sequence_id = d.kafka_offset * 4096 + d.partition)',
                       scratch);
    END IF;
END
$$
