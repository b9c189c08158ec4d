-- Retires the active generation unless it is the generation $1.
UPDATE generations SET state = 'retired', retired_at = now() WHERE state = 'active' AND generation <> $1::integer
