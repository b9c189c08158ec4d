-- Drops the scratch schema and a replaced live schema, if they exist and were created by Mneme.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT nspname FROM pg_namespace
        WHERE nspname IN (current_setting('mneme.scratch'), current_setting('mneme.old'))
          AND obj_description(oid, 'pg_namespace') LIKE 'mneme: %'
    LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
END
$$
