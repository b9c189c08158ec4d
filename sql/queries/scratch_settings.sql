-- Names the schemas for the statements that follow in this session: $1 the live one, $2 the scratch one, $3 what the
-- live one is called once it is replaced.
SELECT set_config('mneme.live', $1, false), set_config('mneme.scratch', $2, false), set_config('mneme.old', $3, false)
