#!lua flags=allow-oom
-- Sets fields of a hash, even when Redis has no memory left: a few essential bytes.
--
-- KEYS: the hash
-- ARGV: fields and values by turns

return redis.call('HSET', KEYS[1], unpack(ARGV))
