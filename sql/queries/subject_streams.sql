-- Returns the statement that lists the streams in which a live table has rows of the tenant $1 and the subject $2.
-- Here, $1 is the column that names the subject: user_id or agent_id.
SELECT string_agg(format('SELECT tenant, stream_id FROM %I.%I WHERE tenant = $1 AND %I = $2',
                         current_setting('mneme.live'), c.relname, s.attname), ' UNION ')
FROM pg_class c
JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = $1
JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant'
JOIN pg_attribute k ON k.attrelid = c.oid AND k.attname = 'stream_id'
WHERE c.relnamespace = quote_ident(current_setting('mneme.live'))::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
