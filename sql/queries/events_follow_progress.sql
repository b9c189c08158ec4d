-- How far the projection $1 has come in each partition of the topic $2.
SELECT partition, next_offset FROM progress WHERE projection = $1::text AND topic = $2::text
