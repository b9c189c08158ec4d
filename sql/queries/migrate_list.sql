-- What was applied, oldest first.
SELECT version::bigint, name, checksum FROM schema_migrations ORDER BY version
