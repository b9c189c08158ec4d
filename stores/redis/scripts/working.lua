-- Reads a consistent snapshot of the working memory of one conversation.
--
-- KEYS: live, the group's hash; the names of the keys that belong to it begin with its name, so they are in the same
-- slot.
-- ARGV: how many of the latest turns, thoughts and events; 0 means all.
--
-- Replies with live, the goal, its id and time, and lists of turns, thoughts, keys and events; only with live if there
-- is no group, or Redis has dropped a part of it for lack of memory.

local key = KEYS[2]
local most = tonumber(ARGV[1])
local live = redis.call('GET', KEYS[1])
local group = redis.call('HMGET', key, 'counts', 'goal', 'goal_id', 'goal_set_at')
local turns, thoughts, context, events = key .. ':turns', key .. ':thoughts', key .. ':context', key .. ':events'
if group[1] ~= redis.call('LLEN', turns) .. ' ' .. redis.call('LLEN', thoughts) .. ' ' .. redis.call('HLEN', context) .. ' '
        .. redis.call('LLEN', events) then
    return {live}
end

local function latest(list)
    return redis.call('LRANGE', list, most == 0 and 0 or -most, -1)
end

return {live, group[2], group[3], group[4], latest(turns), latest(thoughts), redis.call('HVALS', context), latest(events)}
