-- Reads the working memory of one conversation, all of it of one moment.
--
-- KEYS: live, the group's hash; the names of the keys that belong to it begin with its name, so they lie in the same slot.
--
-- Replies with live, the goal, and lists of turns, thoughts, keys and events; with live alone where there is no group, or
-- where Redis has dropped a part of it for want of memory.

local key = KEYS[2]
local live = redis.call('GET', KEYS[1])
local group = redis.call('HMGET', key, 'counts', 'goal')
local parts = {
    redis.call('LRANGE', key .. ':turns', 0, -1), redis.call('LRANGE', key .. ':thoughts', 0, -1),
    redis.call('HVALS', key .. ':context'), redis.call('LRANGE', key .. ':events', 0, -1),
}
if group[1] ~= #parts[1] .. ' ' .. #parts[2] .. ' ' .. #parts[3] .. ' ' .. #parts[4] then
    return {live}
end
return {live, group[2], parts[1], parts[2], parts[3], parts[4]}
