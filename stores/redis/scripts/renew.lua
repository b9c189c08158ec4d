#!lua flags=allow-oom
-- Marks a partition as up to date, and checks whether this worker still owns it.
--
-- KEYS: progress, space, live
-- ARGV: epoch, next_offset, number of the space, whether it must be live (1), the value of `live`, for how many
--       milliseconds (0: not set)
--
-- Replies "kept" or why not: "lost" (nothing is stored), "taken" (another epoch), "moved" (another live space),
-- "behind" (less is stored than this worker has written).

local stored = redis.call('HMGET', KEYS[1], 'epoch', 'next_offset')
local live_space = ARGV[4] == '1' and redis.call('GET', KEYS[2])
if live_space and live_space ~= ARGV[3] then
    return 'moved'
elseif not stored[1] or (ARGV[4] == '1' and not live_space) then
    return 'lost'
elseif stored[1] ~= ARGV[1] then
    return 'taken'
elseif tonumber(stored[2]) < tonumber(ARGV[2]) then
    return 'behind'
end
if ARGV[6] ~= '0' then
    redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[6])
end
return 'kept'
