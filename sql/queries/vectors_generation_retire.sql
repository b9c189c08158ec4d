-- Retires the active generation.
UPDATE generations SET state = 'retired', retired_at = now() WHERE state = 'active' AND generation <> $1::integer
