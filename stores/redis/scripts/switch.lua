#!lua flags=allow-oom
-- Puts another space in the place of a partition's live one. Its worker is fenced, and readers go to Postgres until it
-- has claimed the partition there.
--
-- KEYS: space, live, progress of the former space
-- ARGV: number of the space that is live from here on

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1])
    redis.call('UNLINK', KEYS[2], KEYS[3]) -- nobody writes a space without progress
end
return 'switched'
