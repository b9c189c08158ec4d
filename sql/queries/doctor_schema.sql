-- The owner of the schema $1, and the tables in it whose rows the current user may not all read and write.
SELECT pg_get_userbyid(n.nspowner)::text AS owner,
       pg_has_role(n.nspowner, 'MEMBER') AS is_owner,
       (SELECT string_agg(c.relname, ', ' ORDER BY c.relname)
        FROM pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
          AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                   AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
                   AND has_table_privilege(c.oid, 'DELETE'))) AS refused
FROM pg_namespace n
WHERE n.nspname = $1::text
