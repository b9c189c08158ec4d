UPDATE generations SET state = 'active', activated_at = now(), retired_at = NULL WHERE generation = $1::integer
