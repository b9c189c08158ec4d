-- The migrations that were applied, oldest first.
SELECT version::bigint, name, checksum FROM schema_migrations ORDER BY version
