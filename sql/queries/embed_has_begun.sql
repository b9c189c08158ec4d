-- Whether any event was folded into the edition whose progress is named $1.
SELECT EXISTS (SELECT FROM progress WHERE projection = $1 AND next_offset > 0)
