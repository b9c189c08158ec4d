#!lua flags=allow-oom
-- Pauses the writer of a partition for a moment, or resumes it. The pause ends by itself.
--
-- KEYS: progress
-- ARGV: for how many milliseconds (0: resume)
--
-- Replies with topic, its partitions, next_offset and the number of evictions; with nothing if there is no progress.

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
