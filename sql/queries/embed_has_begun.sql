-- Whether anything was folded into the edition whose progress is called $1.
SELECT EXISTS (SELECT FROM progress WHERE projection = $1 AND next_offset > 0)
