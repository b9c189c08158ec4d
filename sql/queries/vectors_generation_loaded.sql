UPDATE generations SET is_loaded = true WHERE generation = $1::integer
