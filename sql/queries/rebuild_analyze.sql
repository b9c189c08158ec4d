-- Statistics of the scratch schema's tables that have rows, from few of them: enough for the first readers; the server
-- looks closer by itself later.
DO $$
DECLARE
    name text;
BEGIN
    SET LOCAL default_statistics_target = 10;
    FOR name IN
        SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
    LOOP
        EXECUTE 'ANALYZE ' || name;
    END LOOP;
END
$$
