-- Compares the rows of the subject's streams, table by table, and replaces the live rows with those of the scratch
-- schema where they differ. The ledger is only compared, without its hashes: its rows cannot change unless all later
-- rows change too.
DO $$
DECLARE
    live text := current_setting('mneme.live');
    scratch text := current_setting('mneme.scratch');
    t record;
    found record;
BEGIN
    FOR t IN
        SELECT c.relname,
               string_agg(CASE WHEN y.typtype = 'e' THEN format('t.%I::text', a.attname) ELSE format('t.%I', a.attname) END,
                          ', ' ORDER BY a.attnum)
                   FILTER (WHERE NOT (c.relname = 'events' AND a.attname = 'hash') AND a.attname <> 'parked_at') AS compared,
               string_agg(CASE WHEN y.typtype = 'e' THEN format('t.%I::text::%I.%I', a.attname, live, y.typname)
                               ELSE format('t.%I', a.attname) END, ', ' ORDER BY a.attnum) AS inserted,
               CASE c.relname
                   WHEN 'parked_events' THEN
                       't JOIN subject_streams s ON t.key = convert_to(s.tenant || ''/'' || s.stream_id, ''UTF8'')'
                   WHEN 'verdict_exceptions' THEN
                       't JOIN {}.events e USING (kafka_partition, kafka_offset) '
                       'JOIN subject_streams s ON (s.tenant, s.stream_id) = (e.tenant, e.stream_id)'
                   ELSE 't JOIN subject_streams s ON (s.tenant, s.stream_id) = (t.tenant, t.stream_id)'
               END AS joined
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type y ON y.oid = a.atttypid
        WHERE c.relnamespace = quote_ident(scratch)::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relname <> 'detached_event_ids'
          AND (c.relname IN ('parked_events', 'verdict_exceptions')
               OR EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attname = 'stream_id'))
        GROUP BY c.relname
        ORDER BY c.relname <> 'events', c.relname
    LOOP
        EXECUTE format('WITH l AS MATERIALIZED (SELECT %2$s FROM %3$I.%1$I %4$s), '
                       'n AS MATERIALIZED (SELECT %2$s FROM %5$I.%1$I %6$s) '
                       'INSERT INTO subject_changes (table_name, live_rows, log_rows, missing, extra) '
                       'SELECT %1$L, (SELECT count(*) FROM l), (SELECT count(*) FROM n), '
                       '(SELECT count(*) FROM (SELECT * FROM n EXCEPT ALL SELECT * FROM l) AS m), '
                       '(SELECT count(*) FROM (SELECT * FROM l EXCEPT ALL SELECT * FROM n) AS m) '
                       'RETURNING missing, extra',
                       t.relname, t.compared, live, replace(t.joined, '{}', quote_ident(live)), scratch,
                       replace(t.joined, '{}', quote_ident(scratch))) INTO found;
        IF t.relname <> 'events' AND found.missing + found.extra > 0 THEN
            EXECUTE format('DELETE FROM %2$I.%1$I WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM %2$I.%1$I %3$s))', t.relname,
                           live, replace(t.joined, '{}', quote_ident(live)));
            EXECUTE format('INSERT INTO %2$I.%1$I SELECT %3$s FROM %4$I.%1$I %5$s', t.relname, live, t.inserted, scratch,
                           replace(t.joined, '{}', quote_ident(scratch)));
        END IF;
    END LOOP;
END
$$
