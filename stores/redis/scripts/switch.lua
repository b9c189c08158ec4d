#!lua flags=allow-oom
-- Makes another space the live one of a partition. Fences its worker; readers query Postgres until the worker has
-- claimed the partition in the new space.
--
-- KEYS: space, live, progress of the former space
-- ARGV: number of the space that is live from here on

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1])
    redis.call('UNLINK', KEYS[2], KEYS[3]) -- a space without progress is not written to
end
return 'switched'
