-- Statistics of the scratch schema's tables.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    LOOP
        EXECUTE 'ANALYZE ' || name;
    END LOOP;
END
$$
