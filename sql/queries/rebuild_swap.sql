-- Replaces the live schema with the scratch schema. Raises the scratch schema's epochs above all that workers of the
-- live schema hold, so that they are fenced and claim their partitions again. Grants the same rights on the new schema
-- and tables as on the replaced ones.
DROP TABLE rebuild_state, rebuild_indexes, rebuild_keys, rebuild_objects;
DO $$
DECLARE
    live text := current_setting('mneme.live');
    scratch text := current_setting('mneme.scratch');
    highest bigint := 0;
    statement text;
BEGIN
    IF to_regclass(format('%I.progress', live)) IS NOT NULL THEN
        EXECUTE format('SELECT coalesce(max(epoch), 0) FROM %I.progress', live) INTO highest;
    END IF;
    EXECUTE format('UPDATE %I.progress SET epoch = epoch + %s', scratch, highest);
    FOR statement IN
        SELECT format('GRANT %s ON SCHEMA %I TO %s%s', acl.privilege_type, scratch,
                      CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END,
                      CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_namespace n, aclexplode(n.nspacl) AS acl
        WHERE n.nspname = live AND acl.grantee <> n.nspowner
        UNION ALL
        SELECT format('GRANT %s ON %I.%I TO %s%s', acl.privilege_type, scratch, c.relname,
                      CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END,
                      CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_class c, aclexplode(c.relacl) AS acl
        WHERE c.relnamespace = to_regnamespace(quote_ident(live)) AND acl.grantee <> c.relowner
          AND to_regclass(format('%I.%I', scratch, c.relname)) IS NOT NULL
    LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE format('COMMENT ON SCHEMA %I IS NULL', scratch);
    IF to_regnamespace(quote_ident(live)) IS NOT NULL THEN
        EXECUTE format('ALTER SCHEMA %I RENAME TO %I', live, current_setting('mneme.old'));
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', current_setting('mneme.old'), 'mneme: replaced by a rebuild');
    END IF;
    EXECUTE format('ALTER SCHEMA %I RENAME TO %I', scratch, live);
END
$$
