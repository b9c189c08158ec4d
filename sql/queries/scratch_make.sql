-- Creates the empty scratch schema and marks it as created by Mneme.
DO $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', current_setting('mneme.scratch'));
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', current_setting('mneme.scratch'),
                   'mneme: scratch of ' || current_setting('mneme.live'));
END
$$
