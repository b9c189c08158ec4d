#!lua flags=allow-oom
-- Holds up whoever writes a partition, for a moment, or lets it go on. The moment ends by itself.
--
-- KEYS: progress
-- ARGV: for how many milliseconds (0: it goes on)
--
-- Replies topic, its partitions, next_offset and how often something had to make room; nothing where there is no
-- progress.

if redis.call('EXISTS', KEYS[1]) == 0 then
    return false
end
if ARGV[1] == '0' then
    redis.call('HDEL', KEYS[1], 'frozen_until')
else
    local time = redis.call('TIME')
    redis.call('HSET', KEYS[1], 'frozen_until',
               string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])))
end
local stored = redis.call('HMGET', KEYS[1], 'topic', 'topic_partitions', 'next_offset', 'evicted')
return {stored[1] or '', stored[2] or '0', stored[3] or '0', stored[4] or '0'}
