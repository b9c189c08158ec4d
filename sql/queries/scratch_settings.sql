-- Names the schemas for the following statements of this session: $1 the live one, $2 the scratch one, $3 the name that
-- the live one gets when it is replaced.
SELECT set_config('mneme.live', $1, false), set_config('mneme.scratch', $2, false), set_config('mneme.old', $3, false)
