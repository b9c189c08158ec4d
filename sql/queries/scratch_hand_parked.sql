-- Copies the messages parked by hand and the dropped events to the scratch schema. Dropped events at positions that the
-- scratch schema has applied are left out: in a topic that was created again, another event is there.
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
