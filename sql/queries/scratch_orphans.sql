-- Sessions that still work in the scratch schema although the program of their rebuild or verification has ended: the
-- caller holds the lock that admits one program at a time. Ends them if $1 is true.
SELECT o.pid, $1::boolean AND pg_terminate_backend(o.pid) AS is_ended
FROM (
    SELECT DISTINCT a.pid
    FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_class c ON l.locktype = 'relation' AND c.oid = l.relation
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND a.pid <> pg_backend_pid() AND a.application_name LIKE 'mneme%'
      AND (n.nspname = current_setting('mneme.scratch')
           OR l.locktype = 'advisory' AND l.objsubid = 1
              AND (l.classid::bigint << 32 | l.objid::bigint)
                  = hashtextextended('mneme rebuild work ' || current_setting('mneme.scratch'), 0))
) o
