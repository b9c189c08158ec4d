-- Makes the workers of the live schema wait before their next batch, until the transaction ends. Reading goes on.
DO $$
BEGIN
    IF to_regclass(format('%I.progress', current_setting('mneme.live'))) IS NOT NULL THEN
        EXECUTE format('LOCK TABLE %I.progress IN EXCLUSIVE MODE', current_setting('mneme.live'));
    END IF;
END
$$
