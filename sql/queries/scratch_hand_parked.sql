-- What was parked by hand is parked in the scratch schema as well.
DO $$
DECLARE
    live text := current_setting('mneme.live');
    scratch text := current_setting('mneme.scratch');
BEGIN
    IF to_regclass(format('%I.hand_parked', live)) IS NOT NULL
       AND to_regclass(format('%I.hand_parked', scratch)) IS NOT NULL THEN
        EXECUTE format('INSERT INTO %I.hand_parked SELECT * FROM %I.hand_parked ON CONFLICT DO NOTHING', scratch, live);
    END IF;
END
$$
