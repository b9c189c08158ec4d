#!lua flags=allow-oom
-- Sets fields of a hash, also when Redis has no memory left: few bytes that nothing goes on without.
--
-- KEYS: the hash
-- ARGV: fields and values by turns

return redis.call('HSET', KEYS[1], unpack(ARGV))
